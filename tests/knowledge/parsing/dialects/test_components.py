"""Components, variables, conditions and notes: what a reader sees is text, and no sentence says less than it meant."""

import pytest

from desk.pages import Markup
from knowledge.parsing.parse import parse_page


def read(markdown: str) -> list[tuple[str, str]]:
    """Each text with the label above it."""
    sections = parse_page(markdown, Markup.MARKDOWN).sections
    return [
        (section.headings[-1] if section.headings else "", block.text)
        for section in sections
        for block in section.blocks
    ]


def texts(markdown: str) -> list[str]:
    return [text for _, text in read(markdown)]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            '<Tabs>\n<Tab title="npm">Run it.</Tab>\n<Tab title="yarn">Walk it.</Tab>\n</Tabs>',
            [("npm", "Run it."), ("yarn", "Walk it.")],
        ),
        (
            "<Tabs items={['pnpm', \"bun\"]}>\n<Tabs.Tab>One.</Tabs.Tab>\n<Tabs.Tab>Two.</Tabs.Tab>\n</Tabs>",
            [("pnpm", "One."), ("bun", "Two.")],
        ),
        (
            "<Tabs defaultValue='win' values={[{label: 'Windows 11', value: 'win'},\n"
            " {label: \"Ubuntu\", value: 'ub'}]}>\n"
            "<TabItem value='win'>\n\nOne.\n\n</TabItem>\n<TabItem value='ub'>\n\nTwo.\n\n</TabItem>\n</Tabs>",
            [("Windows 11", "One."), ("Ubuntu", "Two.")],
        ),
        ('<TabItem value="mac">\nOne.\n</TabItem>', [("mac", "One.")]),
        ("<Note title={`Only in winter`}>\n\nIt is shut.\n\n</Note>", [("Only in winter", "It is shut.")]),
        ("<Note title={<>Only in <b>winter</b></>}>\nIt is shut.\n</Note>", [("Only in winter", "It is shut.")]),
        (
            "<Note title={translate({id: 'a', message: 'Only in winter'})}>\nIt is shut.\n</Note>",
            [("Only in winter", "It is shut.")],
        ),
        ('<Update label="May 2026" description="v2">\n  New crane.\n</Update>', [("May 2026 v2", "New crane.")]),
        (
            '<ParamField path="limit" type="integer" default="10" required>\n  How many.\n</ParamField>',
            [("limit: integer, required, default 10", "How many.")],
        ),
        (
            "<CodeGroup>\n\n```bash npm\nnpm i\n```\n\n```bash yarn\nyarn add\n```\n\n</CodeGroup>",
            [("npm", "npm i"), ("yarn", "yarn add")],
        ),
        (
            "::: code-group\n```sh [npm]\nnpm i\n```\n```sh [yarn]\nyarn add\n```\n:::",
            [("npm", "npm i"), ("yarn", "yarn add")],
        ),
        ('```js title="a.js"\nrun()\n```\nGo.', [("a.js", "run()"), ("", "Go.")]),
        ('<Card title="Billing" href="/b">\n  How we bill.\n</Card>', [("Billing", "How we bill.")]),
        ('<LinkCard title="Billing" description="How we bill." href="/b" />', [("", "Billing: How we bill.")]),
        ("<Anything>\n\nIt is kept.\n\n</Anything>", [("", "It is kept.")]),
        (
            '<Anything.Else size={3} onClick={() => { go("}>") }}>\n\nIt is kept.\n\n</Anything.Else>',
            [("", "It is kept.")],
        ),
        (
            "::::info[Outer one]\nFirst.\n:::note[Inner one]\nIn.\n:::\n::::\nOut.",
            [("Outer one", "First."), ("Inner one", "In."), ("", "Out.")],
        ),
        (':::danger{title="Only once"}\nDo it.\n:::', [("Only once", "Do it.")]),
        ("!!! deprecated\n    Use the crane.\n", [("Deprecated", "Use the crane.")]),
        (
            "{start_tabs}\n{tab|desktop-web}\n1. One\n{tab|mobile}\n1. Two\n{end_tabs}\nOut.",
            [("desktop web", "One"), ("mobile", "Two"), ("", "Out.")],
        ),
    ],
)
def test_what_stands_in_a_component_is_read_under_its_label(markdown: str, expected: list[tuple[str, str]]) -> None:
    assert read(markdown) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ('Press <Icon icon="gear" /> and <kbd>S</kbd>.', "Press and S."),
        ('See <Tooltip tip="An address">URL</Tooltip> here.', "See URL (An address) here."),
        ('It is <Badge text="beta" /> now.', "It is beta now."),
        ("It is <Badge variant={'x'}>beta</Badge> now.", "It is beta now."),
        ("<Badge>New</Badge> The crane moves.", "New The crane moves."),
        ("A <Link to={'/x'}>crane</Link> moves.", "A crane moves."),
        ("A{' '}crane{\"\"} moves.", "A crane moves."),
        ("A crane{/* secret */} moves.", "A crane moves."),
        ("A crane{/* secret\n\nsecret */} moves.", "A crane moves."),
        ("A crane {# secret #}moves.", "A crane moves."),
        ("Open https://<Name>.example.", "Open https://<Name>.example."),
        ("Set <YOUR_KEY> first.", "Set <YOUR_KEY> first."),
        ("If a < b and B > c, go.", "If a < b and B > c, go."),
        ("Use {name} in mails.", "Use {name} in mails."),
        ("A set {1, 2} is open.", "A set {1, 2} is open."),
        ("See [fees]({% link fees.md %}).", "See fees."),
        ('See [fees]({{< ref "fees.md" >}}).', "See fees."),
        ("A word{: .red } stays.", "A word stays."),
        ("<span className='x' style={{color: 'red'}}>Red</span> is on.", "Red is on."),
        ("A comment {/* that never ends.", "A comment {/* that never ends."),
    ],
)
def test_a_sentence_keeps_its_words_and_loses_its_tags(markdown: str, expected: str) -> None:
    assert " ".join(texts(markdown)) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("export const fee = '€7';\n\nIt costs {fee} a day.", "It costs €7 a day."),
        (
            "export const fees = {\n  solo: '€7',\n  team: '€9',\n};\n\nIt costs {fees.team} a day.",
            "It costs €9 a day.",
        ),
        ('{% assign fee = "€7" %}\nIt costs {{ fee }} a day.', "It costs €7 a day."),
        ("{% set fee = 7 %}\nIt costs {{ fee|safe }} euros.", "It costs 7 euros."),
        ("It costs {fee} a day.", "It costs {fee} a day."),
        ("It costs {{ site.fee }} a day.", "It costs {{ site.fee }} a day."),
        ('It costs <Price plan="pro" /> a day.', "It costs {Price} a day."),
        ('It costs {{< param "fee" >}} a day.', "It costs a day."),
    ],
)
def test_a_variable_is_filled_in_or_stays_visible(markdown: str, expected: str) -> None:
    assert " ".join(texts(markdown)) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            '{% if plan == "pro" %}\nIt costs €9.\n{% else %}\nIt costs €5.\n{% endif %}\nGo.',
            [('If plan == "pro"', "It costs €9."), ("Otherwise", "It costs €5."), ("", "Go.")],
        ),
        ("{% ifversion ghes %}\nIt is on.\n{% endif %}", [("If ghes", "It is on.")]),
        ("{% unless free %}\nIt costs €9.\n{% endunless %}", [("If not free", "It costs €9.")]),
        (
            "It costs {% if pro %}€9{% else %}€5{% endif %} a day.",
            [("", "It costs (If pro: €9; Otherwise: €5) a day.")],
        ),
        ("{% for p in plans %}\n{{ p.name }} costs {{ p.fee }}.\n{% endfor %}\nGo.", [("", "Go.")]),
    ],
)
def test_what_holds_under_a_condition_says_so(markdown: str, expected: list[tuple[str, str]]) -> None:
    assert read(markdown) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "import X from 'x'",
        'import X, { Y } from "x";',
        "import {\n  X,\n  Y,\n} from 'x';",
        "import './style.css'",
        "export const meta = {\n  title: 'x',\n\n  tags: ['a', 'b'],\n};",
        "export default ({ children }) => <div>{children}</div>;",
        'export const X = () => {\n  const a = "}";\n\n  return <p>It costs €77</p>;\n};',
        "export function X() {\n  return 'secret';\n}",
        "export { X } from 'x'",
    ],
)
def test_imports_and_exports_are_no_text(statement: str) -> None:
    assert texts(f"{statement}\n\nIt costs €34.\n") == ["It costs €34."]


@pytest.mark.parametrize("line", ["import your contacts from the menu.", "Export const values.", "export your data."])
def test_a_sentence_about_imports_is_text(line: str) -> None:
    assert texts(line) == [line]


def test_a_footnote_stands_in_its_section_and_its_mark_is_raised() -> None:
    page = "## Fees\n\nWithin 30[^1] days.\n\n## More\n\nAsk.\n\n[^1]: Sale items\n    excepted.\n"
    sections = parse_page(page, Markup.MARKDOWN).sections
    fees, more = (" ".join(block.text for block in section.blocks) for section in sections)
    assert "Sale items excepted." in fees
    assert "301" not in fees
    assert more == "Ask."


def test_an_abbreviation_is_written_out_once() -> None:
    page = "The API is open. The API is free.\n\n*[API]: Application Programming Interface\n"
    assert texts(page) == ["The API (Application Programming Interface) is open.", "The API is free."]


def test_a_definition_list_is_read_by_its_terms() -> None:
    assert texts("Berth\n:   A place for a ship.\n\nPier\n:   A bridge.\n") == [
        "Berth: A place for a ship.",
        "Pier: A bridge.",
    ]


def test_setext_headings_and_rules_are_no_tabs() -> None:
    page = parse_page("Fees\n====\n\nText.\n\nMore\n----\n\nOther.", Markup.MARKDOWN)
    assert page.title == "Fees"
    assert [section.headings for section in page.sections] == [(), ("More",)]
