"""Whether labels are what a metav1.LabelSelector asks for."""

from collections.abc import Mapping

from sluice_core.api.triggers import LabelRequirement, LabelSelector


def matches(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """All that is asked for; an empty selector matches everything."""
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _holds(one, labels) for one in selector.match_expressions
    )


def _holds(asked: LabelRequirement, labels: Mapping[str, str]) -> bool:
    """As Kubernetes has it, NotIn holds also where there is no such label."""
    match asked.operator:
        case "In":
            return labels.get(asked.key) in asked.values
        case "NotIn":
            return labels.get(asked.key) not in asked.values
        case "Exists":
            return asked.key in labels
        case "DoesNotExist":
            return asked.key not in labels
