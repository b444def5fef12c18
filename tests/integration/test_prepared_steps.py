from tests.world import *
from workflow.sweep import tick, next_due
from workflow.commands import closure
def sweep(db,until):
    while True:
        with db.read() as s: d=next_due(s)
        if d is None or d>moment(until): return
        tick(db,d)
def test_interview_lost(world):
    case=world.acknowledged("2026-03-02 10:00", plans=[Plan("x",limit="ordinary")])
    t=case.task
    sweep(world.db,"2026-03-12 12:00")   # due 03-11, urge 03-12: red 1
    world.submit(t,"2026-03-12 13:35")
    world.do(closure.reject_submission, f"{world.verifier_of(t)}_verifier","2026-03-12 14:00",task=t,opinion="no",requirement="补做平整并补充第三方报告材料",new_due=at("2026-03-16 17:30"))
    sweep(world.db,"2026-06-30 12:00")   # never submitted again: +1,+3,+5,+10,+20
    for r in world.rows(tables.rung_firing,subject=f"task:{world.task(t).id}"):
        print(r.deadline_version,r.rung,r.level,r.outcome,r.logical_at)
    print(world.task(t).red_count)
    assert any(r.rung=="interview" for r in world.rows(tables.rung_firing))
def test_stale_prepared(world):
    from workflow.commands.supervision import open_prepared
    case=world.acknowledged("2026-03-02 10:00", plans=[Plan("x",limit="ordinary")])
    t=case.task
    sweep(world.db,"2026-03-17 12:00")
    world.submit(t,"2026-03-17 13:35"); world.verify(t,"2026-03-17 14:00")
    with world.db.read() as s: assert open_prepared(s)==[]
