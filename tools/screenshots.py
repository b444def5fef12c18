"""Pictures of the portal for the README, and of every page for whoever wants to look at them.

    make demo SERVE=0 && python -m tools.screenshots            # those of the README
    python -m tools.screenshots --every --out /tmp/pages        # each page at both widths

Works on a copy of the demonstration's database, with the clock at the end of its story, so that
the pictures are the same whenever they are taken. Needs Chromium (Debian: chromium).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from config import clock
from config.settings import Settings
from models.db import Database

END = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
"""The demonstration's last afternoon."""
DESK, PHONE, HEIGHT = 1280, 390, 1400
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

README = (
    ("workbench", "office_chief", "/", DESK),
    ("ledger", "office_chief", "/issues?open=1&sort=light", DESK),
    ("issue", "office_chief", "/issues/WT-2026-000049", DESK),
    ("supervision", "deputy_director", "/supervision", DESK),
    ("calendar", "sysadmin", "/admin/calendar", DESK),
    ("phone", "unit_leader", "/", PHONE),
    ("wall", "deputy_director", "/projects/wall", DESK),
    ("plan", "office_chief", "/projects/6/plan", DESK),
    ("targets", "office_chief", "/targets/8?month=2026-05", DESK),
    ("session", "office_chief", "/meetings/2/session", DESK),
    ("figures", "office_chief", "/bulletins/figures?month=2026-05", DESK),
)
EVERY = {
    "office_chief": (
        "/", "/issues", "/issues/WT-2026-000049", "/issues/WT-2026-000049/do/park",
        "/supervision", "/notices", "/notices/delivery", "/account", "/documents",
        "/admin/templates", "/admin/templates/urge/body/zh_CN",
        "/projects", "/projects/6", "/projects/6/plan", "/projects/6/land", "/projects/wall",
        "/task-forces", "/figures", "/targets", "/targets/8", "/meetings", "/meetings/2",
        "/meetings/2/session", "/inspections", "/inspections/2", "/evaluations/1", "/bulletins",
        "/bulletins/1", "/bulletins/figures", "/demands", "/demands/recurring",
    ),
    "triage_officer": ("/issues/import", "/report"),
    "unit_leader": ("/", "/issues", "/report", "/supervision"),
    "sysadmin": ("/admin", "/admin/units", "/admin/people", "/admin/calendar", "/admin/jobs"),
    "secadmin": ("/admin", "/admin/people", "/admin/tokens"),
    "auditor": ("/admin", "/admin/audit", "/admin/policy", "/admin/workflow"),
}  # fmt: skip


@contextmanager
def served(database: Path) -> Iterator[str]:
    """The portal over a copy of the database, its clock standing still."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "xiaohao.db"
        shutil.copyfile(database, copy)
        db = Database(f"sqlite:///{copy}")
        clock.now = lambda: END
        from web.server import create_app

        settings = Settings(var_dir=Path(folder))
        config = uvicorn.Config(
            create_app(db, settings, with_worker=False), port=0, log_level="error"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()
        db.close()


def signed_in(browser: Browser, address: str, account: dict[str, str], width: int) -> Page:
    """A page of somebody who has signed in."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, locale="zh-CN", base_url=address
    )
    page = context.new_page()
    page.goto("/signin")
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    page.locator("main button").first.click()
    page.wait_for_load_state("networkidle")
    return page


def shoot(page: Page, path: str, file: Path, *, whole: bool) -> None:
    """One picture."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=whole)
    with Image.open(file) as shot:  # flat colours: a palette is a third of the size
        small = shot.convert("RGB").quantize(128)
    small.save(file, optimize=True)
    print(f"{file.name}  {path}")


def wanted(every: bool) -> list[tuple[str, str, str, int]]:
    """Name, role, address and width of each picture."""
    if not every:
        return list(README)
    return [
        (f"{role}-{path.strip('/').replace('/', '_').partition('?')[0] or 'home'}-{width}", role,
         path, width)
        for role, paths in EVERY.items() for path in paths for width in (DESK, PHONE)
    ]  # fmt: skip


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--demo", type=Path, default=Path("var/demo"))
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--every", action="store_true", help="each page at both widths")
    given = parser.parse_args()
    accounts = json.loads((given.demo / "accounts.json").read_text(encoding="utf-8"))
    by_role = {account["role"]: account for account in accounts}
    given.out.mkdir(parents=True, exist_ok=True)
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    with served(given.demo / "xiaohao.db") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, role, target, width in wanted(given.every):
            page = signed_in(browser, address, by_role[role], width)
            shoot(page, target, given.out / f"{name}.png", whole=given.every)
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
