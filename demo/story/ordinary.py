"""The everyday ledger: found, handed over, done, verified and struck off without incident."""

from __future__ import annotations

from demo.case import Case
from demo.script import Script
from workflow.commands.breakdown import Plan

# day of dispatch, board, project, category, title, measures, working days taken
LEDGER: tuple[tuple[str, str, str, str, str, str, int], ...] = (
    ("01-05", "yaoguan", "中车大功率行星传动系统", "手续办理", "施工许可证办理资料待补正",
     "行政审批局一次性告知，帮办专员上门指导补正", 5),
    ("01-15", "yaoguan", "长海玻纤及复合材料二期", "能耗", "年度能耗指标缺口待平衡",
     "板块内先行平衡，不足部分报区统筹", 14),
    ("01-20", "henglin", "312国道快速化工程", "拆迁", "沿线两处厂房未签订拆迁协议",
     "镇工作专班上门协商，明确补偿方案", 26),
    ("02-10", "lucheng", "万洋众创城", "用地清单外要求", "出让清单外增加退界要求",
     "资规分局复核清单，取消清单外要求", 5),
    ("02-25", "yaoguan", "新能源风电传动系统产业化基地", "杆线迁移", "35千伏架空线跨越地块",
     "建设局牵头编制迁改方案并组织实施", 14),
    ("03-02", "dingyan", "电子科创港", "资金", "标准厂房专项资金拨付滞后",
     "财政局核对工程量，分批拨付", 11),
    ("03-09", "qishuyan", "常州东部“老城厢”复兴", "拆迁", "沿街商铺腾退进度偏慢",
     "街道组建工作组分户推进", 28),
    ("03-19", "yaoguan", "中天钢铁北厂区园区项目", "环评", "园区规划环评衔接意见待出具",
     "生态环境分局牵头出具衔接意见", 13),
    ("04-23", "lucheng", "清正路(横河—东方西路)改扩建工程", "用地", "道路红线内零星用地未报批",
     "资规分局打包组卷报批", 24),
    ("05-28", "dingyan", "先行路(五一路)交叉口改善工程", "杆线迁移", "路口信号杆迁移方案待审",
     "建设局联合交警审定方案", 12),
)  # fmt: skip


def write(script: Script) -> None:
    """Book them all; units report every four working days, as the rules ask."""
    for day, board, project, category, title, measures, taken in LEDGER:
        case = Case(script, title, category, board=board, project=project)
        case.handed_over(day, Plan(measures))
        case.progress(*range(4, taken, 4))
        case.finished(taken)
