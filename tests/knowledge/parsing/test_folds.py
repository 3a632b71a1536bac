"""What a reader sees by a click is read under its own label; what nobody sees is not."""

import pytest

from tests.knowledge.parsing.blocks_of import outline_of, texts_of

PHONE, TABLET = "<p>Shake it twice.</p>", "<p>Hold both rings.</p>"

TABS = {
    "aria, each naming the other": (
        "<div role=tablist><button role=tab id=t1 aria-controls=p1>Phone</button>"
        "<button role=tab id=t2 aria-controls=p2>Tablet</button></div>"
        "<div role=tabpanel id=p1 aria-labelledby=t1>{a}</div>"
        "<div role=tabpanel id=p2 aria-labelledby=t2 hidden>{b}</div>"
    ),
    "only the panels name the tabs": (
        "<ul role=tablist><li role=tab id=t1>Phone<li role=tab id=t2>Tablet</ul>"
        "<section role=tabpanel aria-labelledby=t1>{a}</section>"
        "<section role=tabpanel aria-labelledby=t2 hidden>{b}</section>"
    ),
    "nobody names anybody": (
        "<div role=tablist><a role=tab>Phone</a><a role=tab>Tablet</a></div>"
        "<div role=tabpanel>{a}</div><div role=tabpanel style='display:none'>{b}</div>"
    ),
    "a panel with its own label": (
        "<div role=tabpanel aria-label=Phone>{a}</div><div role=tabpanel aria-label=Tablet hidden>{b}</div>"
    ),
    "links of Bootstrap": (
        "<ul class='nav nav-tabs'><li><a class=nav-link data-bs-toggle=tab href='#p1'>Phone</a></li>"
        "<li><a class=nav-link data-bs-toggle=tab href='#p2'>Tablet</a></li></ul>"
        "<div class=tab-content><div class='tab-pane active' id=p1>{a}</div><div class=tab-pane id=p2>{b}</div></div>"
    ),
    "buttons of Bootstrap": (
        "<button data-bs-toggle=pill data-bs-target='#p1'>Phone</button>"
        "<button data-bs-toggle=pill data-bs-target='#p2'>Tablet</button>"
        "<div class=tab-pane id=p1>{a}</div><div class='tab-pane' id=p2 style='display: none'>{b}</div>"
    ),
    "a script that is called by name": (
        "<button class=tablinks onclick=\"openTab(event, 'p1')\">Phone</button>"
        "<button class=tablinks onclick=\"openTab(event, 'p2')\">Tablet</button>"
        "<div id=p1 class=tabcontent>{a}</div><div id=p2 class=tabcontent style='display:none'>{b}</div>"
    ),
    "data attributes": (
        "<ul class=tabs><li data-tab=p1>Phone<li data-tab=p2>Tablet</ul>"
        "<div id=p1 class=tab-panel>{a}</div><div id=p2 class=tab-panel hidden>{b}</div>"
    ),
    "an accordion of headings": (
        "<h3><button aria-expanded=true aria-controls=p1>Phone</button></h3><div id=p1>{a}</div>"
        "<h3><button aria-expanded=false aria-controls=p2>Tablet <span aria-hidden=true>+</span></button></h3>"
        "<div id=p2 hidden>{b}</div>"
    ),
    "an accordion whose buttons name nothing": (
        "<button class=accordion>Phone</button><div class=panel style='display:none'>{a}</div>"
        "<button class=accordion>Tablet</button><div class=panel style='display:none'>{b}</div>"
    ),
    "an accordion in a list": (
        "<ul class=accordion><li><button aria-expanded=false aria-controls=p1>Phone</button><div id=p1 hidden>{a}</div>"
        "<li><button aria-expanded=false aria-controls=p2>Tablet</button><div id=p2 hidden>{b}</div></ul>"
    ),
    "hidden by a style sheet that a class undoes": (
        "<style>.panel{{display:none}} .panel.open{{display:block}}</style>"
        "<button aria-controls=p1>Phone</button><div class=panel id=p1>{a}</div>"
        "<button aria-controls=p2>Tablet</button><div class=panel id=p2 aria-hidden=true>{b}</div>"
    ),
    "details": "<details open><summary>Phone</summary>{a}</details><details><summary>Tablet</summary>{b}</details>",
    "details with a heading in the summary": (
        "<details><summary><h3>Phone</h3></summary>{a}</details><details><summary><b>Tablet</b></summary>{b}</details>"
    ),
    "regions": (
        "<div id=l1 role=button aria-expanded=false>Phone</div><div role=region aria-labelledby=l1 hidden>{a}</div>"
        "<div id=l2 role=button aria-expanded=false>Tablet</div><div role=region aria-labelledby=l2 hidden>{b}</div>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("html", TABS.values(), ids=TABS)
def test_each_panel_is_read_under_its_own_label(html: str) -> None:
    page = f"<main><h1>Clocks</h1><h2>Reset</h2>{html.format(a=PHONE, b=TABLET)}<h2>More</h2><p>Ask us.</p></main>"
    assert outline_of(page) == [
        ("Reset > Phone", "Shake it twice."),
        ("Reset > Tablet", "Hold both rings."),
        ("More", "Ask us."),
    ]


def test_folds_in_folds_keep_both_labels_and_headings_in_them_end_with_them() -> None:
    html = (
        "<main><h2>Reset</h2><details><summary>Phone</summary><h3>Old ones</h3><p>A.</p>"
        "<details><summary>Blue</summary><h2>Light</h2><p>B.</p></details><p>C.</p></details><p>D.</p></main>"
    )
    assert outline_of(html) == [
        ("Reset > Phone > Old ones", "A."),
        ("Reset > Phone > Old ones > Blue > Light", "B."),
        ("Reset > Phone > Old ones", "C."),
        ("Reset", "D."),
    ]


def test_a_button_that_says_only_that_there_is_more_is_no_label() -> None:
    for word in ("Show more", "Mehr anzeigen", "Lire la suite", "…"):
        button = f"<button aria-expanded=false aria-controls=x>{word}</button>"
        html = f"<main><p>One.</p>{button}<div id=x hidden><p>Two.</p></div></main>"
        assert {heading for heading, _ in outline_of(html)} == {""}
        assert texts_of(html) == ["One.", "Two."]


UNSEEN = [
    "<p style='display:none'>€12</p>", "<p style='visibility: hidden'>€12</p>", "<div hidden><p>€12</p></div>",
    "<template><p>€12</p></template>", "<!-- €12 -->", "<span aria-hidden=true>€12</span>", "<script>'€12'</script>",
    "<noscript>€12</noscript>", "<div class=gone>€12</div>", "<p id=old>€12</p>", "<p class='note gone'>€12</p>",
    "<button>Buy</button><p hidden>€12</p>",
    "<div role=dialog id=d hidden>€12</div><button aria-controls=d>Open</button>",
    "<button aria-controls=m aria-expanded=false>Menu</button><div id=m class=menu hidden>€12</div>",
    "<a href='#x'>See below</a><div id=x hidden>€12</div>",
    "<button aria-expanded=false aria-controls=x>Prices</button><div id=x hidden><p hidden>€12</p></div>",
    "<div role=tooltip hidden id=t>€12</div><span aria-describedby=t>Price</span>",
]  # fmt: skip


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_nothing_unfolds_is_not_read(unseen: str) -> None:
    style = "/* .seen{display:none} */ .gone, p#old { display: none } @media print {.seen{display:none}}"
    texts = texts_of(f"<style>{style}</style><main><p class=seen>It costs €17.</p>{unseen}</main>")
    assert "It costs €17." in texts
    assert "€12" not in " ".join(texts)
