"""Just enough SVG for a few charts: text, lines, bars, axes."""
from xml.sax.saxutils import escape

FONT = "font-family=\"system-ui, 'DejaVu Sans', sans-serif\""
INK, FAINT, GRID = "#1f2430", "#6b7280", "#e3e6eb"


class Svg:
    def __init__(self, width, height, background="#ffffff"):
        """background None: that of the page, which may be light or dark"""
        self.width, self.height = width, height
        self.parts = [f'<rect width="{width}" height="{height}" fill="{background}"/>'] if background else []

    def text(self, x, y, text, size=12, anchor="start", colour=INK, bold=False):
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
                          f'{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, colour=GRID, width=1, dash=None):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
                          f'stroke-width="{width}"{dashes}/>')

    def bar(self, x, y, width, height, colour):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" rx="1.5" fill="{colour}"/>')

    def curve(self, points, colour, width=2):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>')
        for x, y in points:
            self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width + 1:.1f}" fill="{colour}"/>')

    def heading(self, title, subtitle):
        self.text(20, 30, title, 17, bold=True)
        self.text(20, 50, subtitle, 12, colour=FAINT)

    def legend(self, x, y, entries, ink=INK):
        for name, colour in entries:
            self.bar(x, y - 9, 12, 10, colour)
            self.text(x + 17, y, name, 12, colour=ink)
            x += 17 + 7 * len(name) + 22

    def write(self, path):
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
                        f'height="{self.height}" {FONT}>\n' + "\n".join(self.parts) + "\n</svg>\n")


def spread_labels(wanted, gap):
    """Moves label positions apart by at least "gap", keeping their order: position of each, in the order given."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [0.0] * len(wanted)
    last = None
    for i in order:
        placed[i] = wanted[i] if last is None else max(wanted[i], last + gap)
        last = placed[i]
    return placed
