import time, pytest, statistics
from sqlalchemy import insert, select, update
from models import tables
from tests.world import World, at
from workflow.commands.breakdown import Plan
from workflow.sweep import tick
from workflow.watchdog import examine
import workflow.watchdog as wd
from tests.integration.test_concurrency import many

def test_measure(world: World) -> None:
    many(world, 100, 10)     # 1000 tasks
    now = at("2026-03-30 12:00")
    tick(world.db, now, channels=("inapp",))
    with world.db.read() as s:
        n = s.execute(select(tables.task.c.due_at, tables.task.c.next_rung_at).limit(2)).all()
    kinds=[f.kind for f in examine(world.db, now)]
    def t(f):
        xs=[]
        for _ in range(30):
            a=time.process_time(); f(); xs.append(time.process_time()-a)
        return f"median {statistics.median(xs)*1000:.1f} ms min {min(xs)*1000:.1f}"
    print(world.db.engine.dialect.name, n, set(kinds), len(kinds))
    print('examine', t(lambda: examine(world.db, now)))
    for name in ('_stuck_pointers','_unescalated','_skipping_pointers','_outbox','_heartbeats','_without_pointer','_deferrals'):
        f=getattr(wd,name)
        import inspect
        def run():
            with world.db.read() as s:
                (f(s) if len(inspect.signature(f).parameters)==1 else f(s, now))
        print(name, t(run))
    from workflow import watchdog_pointers as wp
    from workflow.context import context
    def run2(g):
        def r():
            with world.db.read() as s:
                list(g(s, context(s)))
        return r
    print('overdue', t(run2(lambda s,c: wp._overdue(s,c,now,wd.SWEEP_GRACE))))
    print('tasks', t(run2(lambda s,c: wp._tasks(s,c,now))))
    print('issues', t(run2(lambda s,c: wp._issues(s,c,now))))
    print('context', t(run2(lambda s,c: [])))
