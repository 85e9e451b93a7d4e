import sys, pytest, time
sys.path.insert(0, "tests/browser")
pytestmark = pytest.mark.browser
CELLS = ["""
from swin_edu.training import Training, TrainingSettings
from swin_edu.visuals.training_dashboard import TrainingDashboard
from IPython.display import display
training = Training(TrainingSettings(data="shapes", limit_train=256, batch_size=16, limit_test=100, epochs=16))
dashboard = TrainingDashboard(training)
seen = []
""", """
display(dashboard)
for record in dashboard.follow():
    seen.append(record)
print(len(seen), dashboard.phase)
""", "print('next', len(seen), dashboard.phase)", "dashboard"]
def test_spike(lab, browser):
    lab.write("d.ipynb", CELLS)
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    lab.open(page, "d.ipynb")
    lab.run_cell(page, 0)
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function("document.querySelector('.spike')?.textContent.includes('running')", timeout=150000)
    page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(3000)
    t=time.time(); page.click(".w-pause")
    page.wait_for_function("document.querySelector('.spike').textContent.includes('\"paused\"')", timeout=20000)
    print("paused after", time.time()-t, page.text_content(".spike"))
    page.wait_for_timeout(1500)
    print(page.text_content(".spike"), page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents())
    page.screenshot(path="/tmp/dashboard/spike.png")
    page.click(".w-resume")
    page.wait_for_function("document.querySelector('.spike').textContent.includes('running')", timeout=20000)
    page.wait_for_timeout(1500)
    page.click(".w-stop")
    page.wait_for_function("[...document.querySelectorAll('.jp-OutputArea-output')].some(n => n.textContent.includes('next'))", timeout=20000)
    page.wait_for_timeout(500)
    print(page.locator(".jp-CodeCell").nth(1).inner_text(), page.locator(".jp-CodeCell").nth(2).inner_text())
    page.screenshot(path="/tmp/dashboard/spike2.png")
