"""What is wrong with a policy and a workflow definition: every fault, not only the first.

Used by `xiaohao policy check` and before a definition is put in force. Each fault names its file,
its key and the remedy. The pieces are `checks_policy`, `checks_ladder` and `checks_workflow`;
`checks_shape` lets them go on where a file is not even of the right shape.
"""

from __future__ import annotations

from config.faults import ConfigurationError, Fault
from config.i18n import gettext as _
from config.policy import Policy
from models.directory import Directory
from workflow.checks_ladder import ladder_faults
from workflow.checks_policy import policy_faults
from workflow.checks_report import Report
from workflow.checks_shape import mended_policy, mended_workflow
from workflow.checks_workflow import workflow_faults

TEMPLATES = "notifications/templates"


def check_definitions(
    policy_source: str,
    workflow_source: str,
    *,
    policy_file: str = "config/policy.toml",
    workflow_file: str = "config/workflow.toml",
    directory: Directory | None = None,
) -> list[Fault]:
    """Every fault of both texts and of the notice templates; empty when all is well.

    A text that cannot be read at all yields its own faults and does not hide those of the other.
    With a `directory` that knows units, the units that categories name are looked up too.
    """
    return (
        check_policy(policy_source, policy_file, directory)
        + check_workflow(workflow_source, workflow_file)
        + template_faults()
    )


def check_policy(source: str, file: str, directory: Directory | None = None) -> list[Fault]:
    """Every fault of a policy's text."""
    try:
        policy, found = mended_policy(source, file)
    except ConfigurationError as error:
        return list(error.faults)
    return found + _unless_known(found, _judge_policy(policy, file, directory))


def _judge_policy(policy: Policy, file: str, directory: Directory | None) -> list[Fault]:
    report = Report(file)
    policy_faults(policy, report, directory if directory and directory.units else None)
    ladder_faults(policy, report)
    return report.faults


def check_workflow(source: str, file: str) -> list[Fault]:
    """Every fault of a workflow definition's text."""
    try:
        definition, found = mended_workflow(source, file)
    except ConfigurationError as error:
        return list(error.faults)
    report = Report(file)
    workflow_faults(definition, report)
    return found + _unless_known(found, report.faults)


def _unless_known(known: list[Fault], further: list[Fault]) -> list[Fault]:
    """Faults at keys that are not reported already: those stand on a mended value."""
    keys = {fault.key for fault in known}
    return [fault for fault in further if fault.key not in keys]


def template_faults() -> list[Fault]:
    """Notice templates that do not render in both languages."""
    from notifications.template_check import check_templates  # Jinja2 for nothing else

    return [
        Fault(TEMPLATES, "(template)", text, _("correct the template it names"))
        for text in check_templates()
    ]
