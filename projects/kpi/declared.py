"""Every figure, declared once, in the order of pages and tables (domain rules, section 6)."""

from __future__ import annotations

from projects.kpi import loop, served, works
from projects.kpi.base import COUNT, GAP, MEAN, MEDIAN, RATE, SHARE, SUM, Kpi

T, Q, B, S, P, D = "tasks", "issues", "lookbacks", "orders", "projects", "demands"

_DECLARED = (
    Kpi("ack", "及时签收率", "Acknowledged in time", RATE, T, loop.acknowledged,
        "限时内签收的任务", "签收时限在本月届满的任务", "high"),
    Kpi("on_time", "按时办结率", "Done in time", RATE, T, loop.on_time,
        "按现行时限报结并核验通过的任务", "现行时限在本月到期的任务（含到期未结）", "high"),
    Kpi("on_time_original", "原定期限按时率", "Done by the first deadline", RATE, T,
        loop.on_time_original,
        "按首次时限报结并核验通过的任务", "首次时限在本月到期的任务（含到期未结）", "high"),
    Kpi("closed", "销号率", "Closed", RATE, Q, loop.closed,
        "累计已销号的问题", "累计已交办的问题（挂账除外）", "high"),
    Kpi("closed_at_once", "一次销号通过率", "Closed without a refusal", RATE, Q,
        loop.closed_at_once, "未经不予销号即通过的销号", "本月销号", "high"),
    Kpi("overdue", "超期率", "Overdue", RATE, T, loop.overdue,
        "月末逾期未结的任务", "月末在办任务（挂账除外）", "low"),
    Kpi("overdue_days", "平均超期", "Working days overdue", MEAN, T, loop.overdue_days,
        "逾期工作日合计", "月末逾期未结的任务"),
    Kpi("handling", "平均办理时长", "Working days to verification", MEAN, T, loop.handling,
        "交办至核验通过的工作日合计（扣除挂账）", "本月核验通过的任务"),
    Kpi("handling_median", "办理时长中位数", "Median of working days", MEDIAN, T, loop.handling,
        "交办至核验通过工作日的中位数（扣除挂账）", "本月核验通过的任务"),
    Kpi("extended", "延期率", "Extended", RATE, T, loop.extended,
        "其中获准延期的任务", "现行时限在本月到期的任务"),
    Kpi("returned", "退单率", "Returned", RATE, T, loop.returned,
        "其中提出退单的任务", "签收时限在本月届满的任务"),
    Kpi("return_upheld", "退单成立率", "Returns upheld", RATE, T, loop.return_upheld,
        "裁定成立的退单", "本月裁定的退单"),
    Kpi("relapsed", "反弹率", "Relapsed", RATE, B, loop.relapsed,
        "回头看发现反弹的销号", "本月回头看的销号", "low"),
    Kpi("answered", "督办响应率", "Orders answered in time", RATE, S, loop.answered,
        "限期内反馈的督办", "反馈期限在本月届满的督办", "high"),
    Kpi("contacted", "诉求响应率", "Demands taken up in time", RATE, D, served.contacted,
        "限时内受理联系的诉求", "受理时限在本月届满的诉求", "high"),
    Kpi("resolved", "诉求解决率", "Demands resolved", RATE, D, served.resolved,
        "企业确认已解决的诉求", "本月企业反馈的诉求", "high"),
    Kpi("satisfied", "诉求满意率", "Enterprises satisfied", RATE, D, served.satisfied,
        "企业表示满意的诉求", "本月企业反馈的诉求", "high"),
    Kpi("started", "开工率", "Started", RATE, P, works.started,
        "月末已开工的项目", "本年新建项目", "high"),
    Kpi("finished", "竣工率", "Completed", RATE, P, works.finished,
        "月末已竣工的项目", "本年续建和计划竣工的项目", "high"),
    Kpi("invested", "年度投资完成率", "Investment of the year", SHARE, P, works.invested,
        "本年累计上报投资（亿元）", "年度计划投资（亿元）", "high"),
    Kpi("counted_investment", "列统投资完成率", "Investment in the statistics", SHARE, P,
        works.counted_investment, "本年累计列统投资（亿元）", "年度计划投资（亿元）", "high"),
    Kpi("gap", "与序时进度差", "Against the elapsed year", GAP, P, works.invested,
        "本年累计上报投资（亿元）", "年度计划投资（亿元）", "high"),
    Kpi("starts", "本月开工项目", "Starts in the month", COUNT, P, works.starts,
        "本月开工的项目", ""),
    Kpi("finishes", "本月竣工项目", "Completions in the month", COUNT, P, works.finishes,
        "本月竣工的项目", ""),
    Kpi("invested_in_month", "本月上报投资", "Investment in the month", SUM, P,
        works.invested_in_month, "本月上报投资（亿元）", ""),
    Kpi("issues_reported", "本月上报问题", "Issues reported", COUNT, Q, loop.issues_reported,
        "本月上报的问题", ""),
    Kpi("issues_dispatched", "本月交办问题", "Issues handed over", COUNT, Q,
        loop.issues_dispatched, "本月交办的问题", ""),
    Kpi("issues_closed", "本月销号问题", "Issues closed", COUNT, Q, loop.issues_closed,
        "本月销号的问题", ""),
    Kpi("issues_open", "月末在办问题", "Issues open", COUNT, Q, loop.issues_open,
        "月末已交办未销号的问题（挂账除外）", ""),
    Kpi("issues_parked", "月末挂账问题", "Issues parked", COUNT, Q, loop.issues_parked,
        "月末挂账的问题", ""),
    Kpi("issues_relapsed", "本月反弹问题", "Issues relapsed", COUNT, Q, loop.issues_relapsed,
        "本月反弹重新交办的问题", ""),
    Kpi("tasks_overdue", "月末逾期任务", "Tasks overdue", COUNT, T, loop.tasks_overdue,
        "月末逾期未结的任务（挂账除外）", ""),
    Kpi("bulletin_entries", "列入通报任务", "Tasks named in the bulletin", COUNT, S,
        loop.bulletin_entries, "本月列入通报的逾期任务", ""),
)  # fmt: skip

KPIS: dict[str, Kpi] = {kpi.key: kpi for kpi in _DECLARED}
RATES = tuple(key for key, kpi in KPIS.items() if kpi.sort not in (COUNT, SUM))
COUNTS = tuple(key for key, kpi in KPIS.items() if kpi.sort in (COUNT, SUM))
BY_NAME = {kpi.name: kpi for kpi in _DECLARED}
