from __future__ import annotations

import subprocess
import sys

from app.desk.charts import table_html

DRAW = """
import sys
from app.desk.charts import BarValue, before_and_now_bars, interval_bars, line, table
interval_bars([BarValue("known-new", "new", 0.2, 0.1, 0.3)], "of the tickets", key="known", alt="new: 20%")
line([BarValue("1", "2026-01", 0.5), BarValue("2", "2026-02", 0.6)], "link rate", key="months", alt="50%, 60%")
before_and_now_bars([{"name": "Network", "before": 0.1, "now": 0.4}], "of all tickets", alt="10%, 40%")
table([{"article": "KB00017", "links": 80}])
print([name for name in ("altair", "pandas", "pyarrow") if name in sys.modules])
"""


def test_charts_and_tables_load_no_data_frame_library() -> None:
    done = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_a_table_shows_every_value_letter_by_letter() -> None:
    html = table_html([{"expected_by": "<script>alert(1)</script>", "links": 3}])
    assert "<th>expected by</th><th>links</th>" in html
    assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>3</td>" in html
