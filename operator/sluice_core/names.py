"""Every name, label and annotation that Sluice writes into a cluster, spelt here only."""

import hashlib

GROUP = "sluice.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
FIELD_MANAGER = "sluice"

LABEL_WORKFLOW = f"{GROUP}/workflow"
LABEL_RUN = f"{GROUP}/run"
LABEL_REQUEST = f"{GROUP}/request-key"  # hash of the Idempotency-Key that made the object
LABEL_CONTAINER_OF = f"{GROUP}/container-of"  # on the Job of a step, and its pod: the workflow
LABEL_MOUNTS = f"{GROUP}/mounts"  # hash of what a runner pod has mounted
LABEL_INTEGRATION_OF = f"{GROUP}/integration-of"  # on a WorkflowCredential: its workflow
LABEL_API_KEY = f"{GROUP}/api-key"  # on the objects of a key for the gateway: what it is called
LABEL_PLAN = f"{GROUP}/plan"  # on a namespace: the WorkflowPlan that holds there
LABEL_JOB_NAME = "batch.kubernetes.io/job-name"  # Kubernetes' own, on the pods of a Job
LABEL_COMPONENT = "app.kubernetes.io/component"
LABEL_NAME = "app.kubernetes.io/name"
LABEL_MANAGED_BY = "app.kubernetes.io/managed-by"

# on a run, by the gateway alone: it is counted against the plan of its namespace
ANNOTATION_COUNTED = f"{GROUP}/counted"
ANNOTATION_TITLE = f"{GROUP}/title"  # what people call an object whose spec has no place for it
ANNOTATION_TEMPLATE = f"{GROUP}/template"  # on a Workflow: a template was made of it
ANNOTATION_OWNER = f"{GROUP}/owner"
ANNOTATION_REQUEST = f"{GROUP}/request"  # hashes of that key and of the body
ANNOTATION_STOP = f"{GROUP}/stop-requested-at"
ANNOTATION_START = f"{GROUP}/start-requested-at"
ANNOTATION_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"  # Kubernetes' own
ANNOTATION_REQUEST = f"{GROUP}/request"  # on the Job of a step: which request it was made for
# on the Secret of an API key
ANNOTATION_KEY_ACCOUNT = f"{GROUP}/service-account"  # whose token it is
ANNOTATION_KEY_ROLE = f"{GROUP}/role"  # of an account that was made for the key
ANNOTATION_KEY_EXPIRES = f"{GROUP}/expires"
# on a ControllerRevision
ANNOTATION_DEFINITION = f"{GROUP}/definition"  # sha256 of what it holds
ANNOTATION_VERSION_TAG = f"{GROUP}/version-tag"  # a version with a tag is never pruned
ANNOTATION_VERSION_CREATOR = f"{GROUP}/version-creator"  # who gave the tag
ANNOTATION_VERSION_DESCRIPTION = f"{GROUP}/version-description"

RUNNER_PORT = 8080
RUNNER_CONTAINER = "runner"
GATEWAY_AUDIENCE = "sluice-gateway"
API_KEY_TYPE = f"{GROUP}/api-key"  # of a Secret, which stays what it is
LEASE = "sluice-operator"
ADMISSION = "sluice-admission"  # the ConfigMap of a namespace that counts against its plan
COURIER = "sluice-courier"  # its Service, whom tokens for it are for, and its account
COURIER_KEYS = "sluice-courier-keys"  # ConfigMap of the release: what v1a signatures are held to
WEBHOOKS_SECRET = "sluice-webhooks"  # noqa: S105 - a name: in each namespace, keys of webhooks

_SERVICE_PREFIX = "workflow-"


def runner(workflow: str) -> str:
    """The name of a workflow's Deployment, Service, ServiceAccount and NetworkPolicy."""
    return _SERVICE_PREFIX + workflow


def workflow_of_service(service: str) -> str | None:
    """The workflow behind the first label of a trigger Service's host name."""
    return service.removeprefix(_SERVICE_PREFIX) if service.startswith(_SERVICE_PREFIX) else None


def api_key(key: str) -> str:
    """The name of an API key's Secret, and of the account and binding made for it alone."""
    return f"sluice-key-{key}"


def containers(workflow: str) -> str:
    """The name of the NetworkPolicy of a workflow's containers."""
    return f"{runner(workflow)}-containers"


def keys_config_map(workflow: str) -> str:
    """The name of the ConfigMap with the public keys that a workflow's runner believes."""
    return f"{runner(workflow)}-keys"


def credentials_config_map(workflow: str) -> str:
    """The name of the ConfigMap with what of a workflow's credentials is no secret."""
    return f"{runner(workflow)}-credentials"


def credential_secret(credential: str) -> str:
    """The name of the Secret that the gateway makes for a credential."""
    return f"sluice-credential-{credential}"


def revision(workflow: str, number: int) -> str:
    """The name of the ControllerRevision that holds version `number`."""
    return f"{_SERVICE_PREFIX}{workflow}-v{number}"


def keyed_run(workflow: str, *key: str) -> str:
    """The one name of a run that must be made once: equal keys give equal names.

    `key` holds the workflow's uid, the trigger, the caller and what makes the request unique.
    """
    digest = hashlib.sha256("\x00".join(key).encode()).hexdigest()
    return f"{workflow}-{digest[:12]}"


def job(run: str, uid: str, attempt: int) -> str:
    """The name of the Job in which one attempt of a run is carried out; pods bear it as a label."""
    digest = hashlib.sha256(uid.encode()).hexdigest()
    return f"{run[:40].rstrip('-')}-{digest[:10]}-{attempt}"


def container_of(workflow: str) -> dict[str, str]:
    """Labels of the Jobs that steps of a workflow have asked for; their pods are no runners."""
    return {
        LABEL_MANAGED_BY: "sluice",
        LABEL_COMPONENT: "container",
        LABEL_CONTAINER_OF: workflow,
    }


def owned_by_workflow(workflow: str) -> dict[str, str]:
    """Labels of every child of a workflow."""
    return {LABEL_MANAGED_BY: "sluice", LABEL_WORKFLOW: workflow}


def selector(workflow: str) -> str:
    """The label selector of a workflow's runner pods, as `status.selector` shows it."""
    return f"{LABEL_WORKFLOW}={workflow}"


def trigger_host(workflow: str, namespace: str, domain: str) -> str:
    """The host name of a workflow's trigger Service inside the cluster."""
    return f"{runner(workflow)}.{namespace}.svc.{domain}"


def runner_audience(workflow_uid: str, pod_uid: str) -> str:
    """Whom a token for a runner is for: this workflow's runner in this pod, and no other."""
    return f"{workflow_uid}/{pod_uid}"
