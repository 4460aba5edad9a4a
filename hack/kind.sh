#!/usr/bin/env bash
# A cluster on this machine to try platformctl on: docs/kind.md tells how.
#
#     hack/kind.sh up      all steps, in their order
#     hack/kind.sh STEP    one of them, once more
#     hack/kind.sh down    remove the cluster, and the folder with what you deploy from
#
# A step that was done before leaves what is right as it is.
set -euo pipefail

root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
files=$root/hack/kind
# shellcheck source=kind/versions
. "$files/versions"

cluster=platformctl
folder=${KIND_FOLDER:-$PWD/kind-demo}
gateway_port=${KIND_GATEWAY_PORT:-8880}
mlflow_port=${KIND_MLFLOW_PORT:-8881}
registry=http://127.0.0.1:$mlflow_port
# Where charts and the store's manifests are taken from; a copy in your own network, for example.
kserve_charts=${KIND_KSERVE_CHARTS:-oci://ghcr.io/kserve/charts}
envoy_charts=${KIND_ENVOY_CHARTS:-oci://docker.io/envoyproxy}
store=${KIND_STORE:-$files/store}
patience=${KIND_PATIENCE:-600s} # images are pulled meanwhile

steps="check cluster gateway kserve store images models"
export PATH=$root/.venv/bin:$PATH
export KUBECONFIG=$folder/kubeconfig

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check: what has to be here before anything is made
check() {
    need docker "https://docs.docker.com/get-started/get-docker/"
    need kind "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
    need kubectl "https://kubernetes.io/docs/tasks/tools/"
    need helm "https://helm.sh/docs/intro/install/"
    need openssl "your system's packages have it"
    need platformctl "install it as README.md says: uv sync --locked --all-extras"
    docker info >/dev/null 2>&1 || fail "docker is installed, and its daemon does not answer" "start it: docker info says more"
    exists && return
    [[ ! -e $folder ]] || fail "$folder is there, and no cluster of ours: it is not touched" \
        "remove it, or name another folder: KIND_FOLDER=... hack/kind.sh up"
    free "$gateway_port" KIND_GATEWAY_PORT
    free "$mlflow_port" KIND_MLFLOW_PORT
}

# cluster: one node in a container of docker
cluster() {
    mkdir -p "$folder"
    if exists; then
        kind export kubeconfig --name "$cluster" --kubeconfig "$KUBECONFIG"
    else
        fill "$files/cluster.yaml" >"$work/cluster.yaml"
        kind create cluster --name "$cluster" --config "$work/cluster.yaml" --kubeconfig "$KUBECONFIG" --wait "$patience"
    fi
}

# gateway: the Gateway API, Envoy Gateway, and the one Gateway that requests come through
gateway() {
    local crds=(--set crds.gatewayAPI.enabled=true --set crds.gatewayAPI.channel=standard --set crds.envoyGateway.enabled=true)
    helm template crds "$envoy_charts/gateway-crds-helm" --version "$ENVOY_GATEWAY" "${crds[@]}" >"$work/crds.yaml"
    apply -f "$work/crds.yaml"
    established
    helm upgrade --install envoy-gateway "$envoy_charts/gateway-helm" --version "$ENVOY_GATEWAY" --skip-crds \
        --namespace envoy-gateway-system --create-namespace --set crds.enabled=false --wait --timeout "$patience" >/dev/null
    fill "$files/gateway.yaml" >"$work/gateway.yaml"
    apply -f "$work/gateway.yaml"
    kubectl wait --timeout="$patience" --for=condition=Programmed -n kserve gateway/kserve-ingress-gateway
}

# kserve: KServe in Standard mode, with the Gateway API
kserve() {
    cp "$files/kserve/kustomization.yaml" "$work"
    certificate "$work"
    helm template kserve-crd "$kserve_charts/kserve-crd" --version "$KSERVE" --namespace kserve >"$work/crds.yaml"
    apply -f "$work/crds.yaml"
    established
    helm template kserve "$kserve_charts/kserve-resources" --version "$KSERVE" --namespace kserve --skip-crds \
        --values "$files/kserve/values.yaml" >"$work/chart.yaml"
    kubectl kustomize "$work" >"$work/kserve.yaml"
    apply -f "$work/kserve.yaml"
    kubectl wait --timeout="$patience" --for=condition=Available -n kserve deployment/kserve-controller-manager
}

# store: an S3 store, and MLflow, which keeps its models there
store() {
    mkdir "$work/store"
    local file
    for file in "$store"/*.yaml; do
        fill "$file" >"$work/store/${file##*/}"
    done
    apply -k "$work/store"
    apply -f "$files/models.yaml"
    kubectl rollout status --timeout="$patience" -n platform deployment/s3
    kubectl rollout status --timeout="$patience" -n platform deployment/mlflow
}

# images: our model servers, built here and put into the node
images() {
    local built
    built=$(platformctl image build --tool docker --target local)
    # shellcheck disable=SC2086 # one word an image
    kind load docker-image --name "$cluster" $built
}

# models: three versions of one, in the registry; and the folder that you deploy from
models() {
    fill "$files/platformctl.toml" >"$folder/platformctl.toml"
    [[ -e $folder/churn.yaml ]] || cp "$files/churn.yaml" "$folder"
    echo "$registry" | python -m platformctl.demo.training "$folder" 2>"$work/log" || { cat "$work/log" >&2; return 1; }
}

down() {
    if command -v kind >/dev/null; then
        kind delete cluster --name "$cluster" --kubeconfig "$KUBECONFIG"
    fi
    local name # only what we have put there, so that a file of yours is not lost
    for name in kubeconfig platformctl.toml churn.yaml customers.csv; do
        rm -f "$folder/$name"
    done
    [[ ! -d $folder ]] || rmdir "$folder" 2>/dev/null || echo "$folder holds something of yours: it stays"
}

# --- what the steps share

fail() { # fail WHAT HINT
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

need() { # need PROGRAM WHERE-FROM
    command -v "$1" >/dev/null || fail "$1 is not installed" "$2"
}

free() { # free PORT VARIABLE
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
        fail "port $1 of this machine is taken" "name another one: $2=$(($1 + 100)) hack/kind.sh up"
    fi
}

exists() {
    kind get clusters 2>/dev/null | grep -qx "$cluster"
}

fill() { # fill FILE: with what is set above in its places
    sed -e "s|@GATEWAY_PORT@|$gateway_port|" -e "s|@MLFLOW_PORT@|$mlflow_port|" -e "s|@REGISTRY@|$registry|" \
        -e "s|@ENVOY@|$ENVOY|" -e "s|@VERSITYGW@|$VERSITYGW|" \
        -e "s|@MLFLOW@|$MLFLOW|" "$1"
}

apply() { # apply OPTIONS...: on the server's side, as KServe's custom resources are too large for the other
    kubectl apply --server-side --force-conflicts --field-manager=kind.sh "$@" >/dev/null
}

established() { # not `condition=...`; both fail where a resource has no status yet, and this one says it
    local said
    until said=$(kubectl wait --timeout="$patience" crd --all 2>&1 >/dev/null \
        "--for=jsonpath={.status.conditions[?(@.type=='Established')].status}=True"); do
        [[ $said == *"cannot be filtered"* ]] || fail "not all CRDs get ready: $said" "kubectl describe crd"
        sleep 1
    done
}

certificate() { # certificate FOLDER: for KServe's webhooks, that of before if there is one
    local secret=secret/kserve-webhook-server-cert name=kserve-webhook-server-service.kserve.svc
    if kubectl get -n kserve $secret >/dev/null 2>&1; then
        kubectl get -n kserve $secret -o 'go-template={{index .data "tls.crt" | base64decode}}' >"$1/tls.crt"
        kubectl get -n kserve $secret -o 'go-template={{index .data "tls.key" | base64decode}}' >"$1/tls.key"
    else
        openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
            -keyout "$1/tls.key" -out "$1/tls.crt" 2>/dev/null
    fi
}

step() { # step NAME: say what it does, do it, say how long it took
    local began=$SECONDS
    sed -n "s/^# $1: /== $1: /p" "$root/hack/kind.sh"
    "$1"
    printf '== %s: done in %d s\n' "$1" $((SECONDS - began))
}

case ${1:-} in
up)
    for each in $steps; do
        step "$each"
    done
    printf '\nAll is up. Now: cd %s\n' "$folder"
    ;;
down) down ;;
*)
    case " $steps " in
    *" ${1:-none} "*) step "$1" ;;
    *)
        printf 'usage: hack/kind.sh up | down | one of: %s\n' "$steps" >&2
        exit 2
        ;;
    esac
    ;;
esac
