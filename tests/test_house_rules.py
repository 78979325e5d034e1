import importlib.util
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("house_rules", Path(__file__).parents[1] / "tools" / "house_rules.py")
rules = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rules)

BROKEN = [
    ("incentives/x.py", "session.commit()", "never commit"),
    ("incentives/x.py", "from datetime import datetime\ndatetime.now()", "clock"),
    ("profiles/x.py", "import time\ntime.time()", "clock"),
    ("commerce/x.py", "float(total)", "Decimal"),
    ("commerce/x.py", "total: Mapped[float]", "Decimal"),
    ("profiles/x.py", "select(P).where(P.tenant_id == 1)", "tenant filter"),
    ("profiles/x.py", "S = 'SELECT 1 FROM p WHERE tenant_id = :t'", "tenant filter"),
    ("profiles/x.py", "S = 'SELECT 1 FROM p WHERE at < now()'", "omneo_now"),
    ("profiles/x.py", "r = relationship('X')", "raise"),
    ("profiles/x.py", "x = 1\n" * 600, "longer"),
]
FINE = [
    ("foundation/clock.py", "from datetime import datetime\ndatetime.now()"),
    ("profiles/x.py", "S = 'SELECT 1 FROM p JOIN q ON p.tenant_id = q.tenant_id WHERE at < omneo_now()'"),
    ("profiles/x.py", "r = relationship('X', lazy='raise')"),
    ("profiles/x.py", "float('1')"),
    ("profiles/x.py", "join = and_(foreign(A.tenant_id) == B.tenant_id, A.id == B.id)"),
]


@pytest.mark.parametrize(("path", "text", "word"), BROKEN)
def test_a_broken_rule_is_found(path, text, word):
    assert any(word in finding for finding in rules.findings(path, text))


@pytest.mark.parametrize(("path", "text"), FINE)
def test_what_is_allowed_passes(path, text):
    assert list(rules.findings(path, text)) == []
