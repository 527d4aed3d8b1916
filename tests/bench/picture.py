"""Draw bars as SVG: small, deterministic, readable on light and dark pages."""

from __future__ import annotations

from html import escape

WIDTH, LABEL, BAR, GAP, TOP = 840, 350, 18, 8, 56
COLOURS = {"monowheel": "#2f9e44", "other": "#868e96"}


def bars(title: str, groups: dict[str, list[tuple[str, float]]]) -> str:
    """Draw one group of bars for each application, each group on a scale of its own; values are seconds."""
    parts, y = [], TOP
    for group, values in groups.items():
        longest = max(value for _, value in values)
        parts.append(f'<text x="16" y="{y}" class="group">{escape(group)}</text>')
        y += 12
        for name, value in values:
            width = (WIDTH - LABEL - 90) * value / longest
            colour = COLOURS["monowheel" if name.startswith("monowheel") else "other"]
            middle = y + BAR - 5
            parts.append(f'<text x="{LABEL - 10}" y="{middle}" text-anchor="end">{escape(name)}</text>')
            parts.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="3" fill="{colour}"/>')
            parts.append(f'<text x="{LABEL + width + 8:.1f}" y="{middle}">{value:.2f}</text>')
            y += BAR + GAP
        y += 28
    style = "text{font:13px system-ui,sans-serif;fill:#495057}.group,.title{font-weight:600}.title{font-size:15px}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">'
        f'<style>{style}</style><rect width="{WIDTH}" height="{y}" rx="8" fill="#ffffff"/>'
    )
    return head + f'<text x="16" y="26" class="title">{escape(title)}</text>' + "".join(parts) + "</svg>\n"
