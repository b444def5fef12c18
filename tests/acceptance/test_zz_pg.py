from demo.run import run
import time
def test_pg(empty_db_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in 1,2:
        t=time.time(); s=run(empty_db_url,replay=False,progress=False,out=lambda x:None); print(empty_db_url[:10], s.ok,s.missing,s.findings,time.time()-t)
        assert s.ok
