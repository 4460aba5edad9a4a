"""The local target: model servers under supervisord, Envoy as the stable address, one home folder.

    home, disk, state, lease            the folder, the truth in it, and who may change it
    programs, derived                   what the truth means for supervisord, Envoy and the servers (pure)
    converge                            bringing all that is derived in line with it
    supervisor, launch       how processes are run
    files, requirements, environments   what a revision is made of
    checks                              what would go wrong with it
    failures, logs, statuses            how it is, and why
    predictions                         requests through the stable address
    stack, orphans, ports               up and down
    target                              the port `Target` over all of these

`state.json` is the truth. Everything else that is written is derived from it, and written again when
it does not agree: after a kill -9 at any moment the next command, or `up`, brings it in line.
"""
