"""How each dialect writes tabs, boxes, folds and comments: the same page in all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import indent

from desk.pages import Markup
from knowledge.parsing.formats import asciidoc, rst
from knowledge.parsing.parse import parse_page
from knowledge.parsing.structure import ParsedPage

Labelled = Callable[[str, str], str]
"""From a label and a body to the text."""


@dataclass(frozen=True)
class Dialect:
    """What stands around a body. `tabs` surround all tabs; `noise` is no text."""

    tab: Labelled
    box: Labelled
    fold: Labelled
    plain_box: Callable[[str], str]
    tabs: tuple[str, str] = ("", "")
    comment: str = "<!-- {} -->"
    noise: str = ""
    markup: str = "md"

    def read(self, page: str) -> ParsedPage:
        """Parse a page of this dialect."""
        if self.markup == "rst":
            return parse_page(rst.read(page.encode()).html, Markup.HTML)
        if self.markup == "adoc":
            return parse_page(asciidoc.read(page.encode()).html, Markup.HTML)
        return parse_page(page, Markup.HTML if self.markup == "html" else Markup.MARKDOWN)


def around(before: str, after: str) -> Labelled:
    """A label goes into what stands before."""
    return lambda label, body: f"{before.replace('LABEL', label)}\n{body}\n{after}\n"


def indented(before: str, by: int = 4) -> Labelled:
    """The body stands to the right."""
    return lambda label, body: f"{before.replace('LABEL', label)}\n\n{indent(body, ' ' * by)}\n"


def jsx(tag: str, label: str = 'title="LABEL"') -> Labelled:
    """A component, as its authors write it."""
    return around(f"<{tag} {label}>\n", f"\n</{tag}>")


def deep_jsx(tag: str, label: str = 'title="LABEL"') -> Labelled:
    """A component whose body stands to the right."""
    return lambda title, body: f"<{tag} {label.replace('LABEL', title)}>\n{indent(body, '  ')}\n</{tag}>\n"


DETAILS = around("<details>\n<summary>LABEL</summary>\n", "\n</details>")


def macro(name: str) -> Labelled:
    """A macro of Confluence's storage format."""
    head = f'<ac:structured-macro ac:name="{name}"><ac:parameter ac:name="title">LABEL</ac:parameter>'
    return around(f"{head}<ac:rich-text-body>", "</ac:rich-text-body></ac:structured-macro>")


def panel(name: str) -> Labelled:
    """A box of Confluence's HTML export."""
    return around(
        f'<div class="confluence-information-macro confluence-information-macro-{name}"><p class="title">LABEL</p>'
        '<span class="aui-icon"></span><div class="confluence-information-macro-body">',
        "</div></div>",
    )


EXPAND = around(
    '<div class="expand-container"><div class="expand-control"><span class="expand-control-text">LABEL</span></div>'
    '<div class="expand-content">',
    "</div></div>",
)

DIALECTS: Mapping[str, Dialect] = {
    "docusaurus": Dialect(
        jsx("TabItem", 'value="v" label="LABEL"'),
        around(":::caution[LABEL]\n", "\n:::"),
        DETAILS,
        lambda body: f":::tip\n\n{body}\n\n:::\n",
        ("<Tabs>", "</Tabs>"),
        "{{/* {} */}}",
        "import Tabs from '@theme/Tabs';\nimport TabItem from '@theme/TabItem';\n\n",
    ),
    "docusaurus-2": Dialect(
        jsx("TabItem", "value='v' label={'LABEL'} default"),
        around(":::info LABEL\n", ":::"),
        DETAILS,
        lambda body: f":::note\n{body}\n:::\n",
        ('<Tabs groupId="os" queryString>', "</Tabs>"),
        "<!-- {} -->",
        "import Tabs from '@theme/Tabs'\n\nexport const Highlight = ({children, color}) => (\n  <span\n    style={{\n"
        "      color: '#fff',\n\n    }}>\n    {children}\n  </span>\n);\n\n",
    ),
    "mintlify": Dialect(
        deep_jsx("Tab"),
        deep_jsx("Note"),
        deep_jsx("Accordion", 'title="LABEL" icon="circle"'),
        lambda body: f"<Warning>{body}</Warning>\n",
        ("<Tabs>", "</Tabs>"),
        "{{/* {} */}}",
        "import { Snippet } from '/snippets/a.mdx'\n\nexport const myName = 'x';\n\n",
    ),
    "mintlify-steps": Dialect(
        deep_jsx("Step", 'title="LABEL" titleSize="h3"'),
        deep_jsx("Card", 'title="LABEL"\n  href="/x"\n  icon="y"'),
        deep_jsx("Expandable"),
        lambda body: f"<Info>\n  {body}\n</Info>\n",
        ("<Steps>", "</Steps>"),
        "{{/* {} */}}",
    ),
    "gitbook": Dialect(
        around('{% tab title="LABEL" %}', "{% endtab %}"),
        around('{% code title="LABEL" %}', "{% endcode %}"),
        around("<details>\n\n<summary>LABEL</summary>\n", "\n</details>"),
        lambda body: f'{{% hint style="info" %}}\n{body}\n{{% endhint %}}\n',
        ("{% tabs %}", "{% endtabs %}"),
        noise='{% embed url="https://video.example/1" %}\n\n',
    ),
    "mkdocs": Dialect(
        indented('=== "LABEL"'),
        indented('!!! warning "LABEL"'),
        indented('??? question "LABEL"'),
        lambda body: f"!!! note\n    {body}\n",
        noise='--8<-- "shared.md"\n\n',
    ),
    "mkdocs-marks": Dialect(
        indented('===! "LABEL"'),
        indented('!!! tip inline end "LABEL"'),
        indented('???+ note "LABEL"'),
        lambda body: f"!!! danger highlight\n\n    {body}\n",
        noise="{: .wide #top }\n\n",
    ),
    "vitepress": Dialect(
        around("::: details LABEL", ":::"),
        around("::: warning LABEL", ":::"),
        around("::: details LABEL {open}", ":::"),
        lambda body: f"::: tip\n{body}\n:::\n",
        noise="<script setup>\nimport X from './X.vue'\n</script>\n\n",
    ),
    "starlight": Dialect(
        jsx("TabItem", 'label="LABEL" icon="x"'),
        around(":::caution[LABEL]", ":::"),
        jsx("Aside", 'type="tip" title="LABEL"'),
        lambda body: f"<Aside>\n{body}\n</Aside>\n",
        ('<Tabs syncKey="os">', "</Tabs>"),
        "{{/* {} */}}",
        "import { Tabs, TabItem, Aside } from '@astrojs/starlight/components';\n\n",
    ),
    "nextra": Dialect(
        jsx("Tabs.Tab", 'title="LABEL"'),
        jsx("Callout", 'type="warning" title="LABEL"'),
        DETAILS,
        lambda body: f'<Callout type="info" emoji="x">\n  {body}\n</Callout>\n',
        ("<Tabs>", "</Tabs>"),
        "{{/* {} */}}",
        "import { Callout, Tabs } from 'nextra/components'\n\n",
    ),
    "github": Dialect(
        DETAILS,
        lambda label, body: (
            "".join(f"> {line}".rstrip() + "\n" for line in [f"[!WARNING] {label}", *body.split("\n")]) + "\n"
        ),
        DETAILS,
        lambda body: f"> [!NOTE]\n> {body}\n\n",
    ),
    "hugo": Dialect(
        around('{{< tab "LABEL" >}}', "{{< /tab >}}"),
        around('{{% notice warning "LABEL" %}}', "{{% /notice %}}"),
        around('{{< details title="LABEL" open=false >}}', "{{< /details >}}"),
        lambda body: f"{{{{< hint info >}}}}\n{body}\n{{{{< /hint >}}}}\n",
        ('{{< tabs "x" >}}', "{{< /tabs >}}"),
        "{{{{/* {} */}}}}",
        '{{< figure src="a.png" >}}\n\n',
    ),
    "docsy": Dialect(
        around('{{% tab header="LABEL" lang="en" %}}', "{{% /tab %}}"),
        around('{{% alert title="LABEL" color="warning" %}}', "{{% /alert %}}"),
        around('{{< expand "LABEL" >}}', "{{< /expand >}}"),
        lambda body: f"{{{{% pageinfo %}}}}\n{body}\n{{{{% /pageinfo %}}}}\n",
        ("{{< tabpane text=true >}}", "{{< /tabpane >}}"),
    ),
    "markdoc": Dialect(
        around('{% tab label="LABEL" %}', "{% /tab %}"),
        around('{% callout type="note" title="LABEL" %}', "{% /callout %}"),
        around('{% details title="LABEL" %}', "{% /details %}"),
        lambda body: f"{{% callout %}}\n{body}\n{{% /callout %}}\n",
        ("{% tabs %}", "{% /tabs %}"),
        noise='{% image src="a.png" /%}\n\n',
    ),
    "jekyll": Dialect(
        DETAILS,
        DETAILS,
        DETAILS,
        lambda body: f"{{: .note }}\n{body}\n\n",
        comment="{{% comment %}}{}{{% endcomment %}}",
        noise="{% include banner.html %}\n\n{% assign x = 'y' %}\n\n",
    ),
    "myst": Dialect(
        around(":::{tab-item} LABEL", ":::"),
        around(":::{admonition} LABEL\n:class: tip\n", ":::"),
        around(":::{dropdown} LABEL", ":::"),
        lambda body: f"```{{note}}\n{body}\n```\n",
        ("::::{tab-set}", "::::"),
    ),
    "rst": Dialect(
        lambda label, body: indent(f".. tab:: {label}\n\n{indent(body, '   ')}\n\n", "   "),
        indented(".. admonition:: LABEL", 3),
        indented(".. dropdown:: LABEL", 3),
        lambda body: f".. note:: {body}\n",
        (".. tabs::\n", ""),
        ".. {}",
        ".. toctree::\n\n   a\n\n",
        "rst",
    ),
    "sphinx-design": Dialect(
        lambda label, body: indent(f".. tab-item:: {label}\n   :sync: k\n\n{indent(body, '   ')}\n\n", "    "),
        indented(".. admonition:: LABEL\n   :class: tip", 3),
        indented(".. collapse:: LABEL", 3),
        lambda body: f".. warning::\n   {body}\n",
        (".. tab-set::\n", ""),
        "..\n   {}",
        "",
        "rst",
    ),
    "asciidoc": Dialect(
        lambda label, body: f"{label}::\n+\n{body}\n",
        around("[WARNING]\n.LABEL\n====", "====\n"),
        around(".LABEL\n[%collapsible]\n====", "====\n"),
        lambda body: f"NOTE: {body}\n",
        ("[tabs]\n======", "======\n"),
        "// {}",
        "include::shared.adoc[]\n\n",
        "adoc",
    ),
    "confluence-storage": Dialect(
        macro("expand"),
        macro("info"),
        macro("expand"),
        lambda body: (
            f'<ac:structured-macro ac:name="note"><ac:rich-text-body><p>{body}</p></ac:rich-text-body>'
            "</ac:structured-macro>"
        ),
        noise='<ac:structured-macro ac:name="toc"><ac:parameter ac:name="maxLevel">2</ac:parameter>'
        "</ac:structured-macro>",
        markup="html",
    ),
    "confluence-export": Dialect(
        EXPAND,
        panel("note"),
        EXPAND,
        lambda body: (
            '<div class="confluence-information-macro"><div class="confluence-information-macro-body">'
            f"<p>{body}</p></div></div>"
        ),
        markup="html",
    ),
    "notion": Dialect(DETAILS, DETAILS, DETAILS, lambda body: f"<aside>\n💡 {body}\n\n</aside>\n"),
}
