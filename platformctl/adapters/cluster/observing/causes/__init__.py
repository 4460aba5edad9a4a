"""Why a revision is not ready: each cause that is known, with the way out. Pure.

Two words for what is not ready. `failure`: it will not get ready by itself, so a deployment that waits for
it gives up at once. `detail`: there is hope, it goes on waiting. Which cause is which:

- A server of ours that said why it ends (64, 65, 66): hopeless at once; the same start ends the same.
- Anything else that ends: hopeless after four short lives in a row, or two that ended for want of
  memory, or after all the time that there is to get ready.
- An image that is not there, is not given out, is for other processors, or cannot be run: hopeless at once.
  A registry that cannot be reached: hope.
- A download that is refused or finds nothing: hopeless at once. A store that cannot be reached: as any end.
- A Secret, ConfigMap, claim or service account that is missing: hopeless after 30 s; somebody may make it.
  If a volume needs it: hope, as the kubelet itself looks again only every two minutes.
- No room on any node: always hope; an autoscaler or another pod's end may make some.
- Pods that the API server refuses: hopeless at once where a rule does (Pod Security, a limit range, a
  webhook); a full quota after 60 s; a webhook that is down: hope.
- Anything that is wrong for longer than its Deployment waits, with pods that are all older than that:
  hopeless. A large model only takes its time.

And none of them is a failure while a replica answers: what ails the others is then told as a detail.
"""
