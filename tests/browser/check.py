"""Opens reports in a headless browser and says what is wrong with them: console errors, requests, accessibility; prints to A4.

usage: check.py REPORT.html…      (needs: pip install playwright axe-core-python; a Chromium, by CHROMIUM or in the path)
"""
import os, pathlib, shutil, sys
from playwright.sync_api import sync_playwright
from axe_core_python.sync_playwright import Axe

chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
bad = 0
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    for name in sys.argv[1:]:
        path = pathlib.Path(name).resolve()
        # The check itself puts a script into the page, which the page's own policy forbids to everybody else.
        context = browser.new_context(viewport={"width": 1200, "height": 900})
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        asked = [url for url in asked if url != path.as_uri()]
        page.screenshot(path=str(path.with_suffix(".png")), full_page=True)
        page.pdf(path=str(path.with_suffix(".pdf")), format="A4", prefer_css_page_size=True)
        context.close()
        context = browser.new_context(bypass_csp=True, viewport={"width": 1200, "height": 900})
        page = context.new_page()
        page.goto(path.as_uri())
        found = Axe().run(page)["violations"]
        context.close()
        serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
        rules = ", ".join(f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])})" for rule in found) or "none"
        print(f"{path.name}: said {said or 'nothing'}; asked for {asked or 'nothing'}; accessibility: {rules}")
        for rule in serious:
            for node in rule["nodes"][:3]:
                print("   ", rule["id"], node["html"][:160])
        bad += bool(said) + bool(asked) + bool(serious)
sys.exit(1 if bad else 0)
