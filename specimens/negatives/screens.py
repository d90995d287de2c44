"""Screens that quote a permit: an app, an e-mail, a data record."""

from random import Random
from typing import Final

from specimens.negatives.document import Document, white_paper
from specimens.negatives.forms import cut_below_text, wrap
from specimens.negatives.quotation import quote_permit
from specimens.rendering.canvas import WIDTH, Box
from specimens.rendering.fonts import FontLoader

_WHITE: Final = (255, 255, 255)


def draw_app_screen(random: Random, fonts: FontLoader) -> Document:
    """Draw the page of an app: grey labels at the left, values at the right, hairlines between the rows."""
    quoted, accent = quote_permit(random), random.choice(((40, 110, 230), (220, 60, 60), (20, 150, 110)))
    rows = quoted.fields
    canvas = white_paper(random, fonts, height=420 + 120 * len(rows), colour=(245, 246, 248))
    canvas.image.paste(accent, Box(0, 0, WIDTH, 140))
    canvas.write(
        (WIDTH / 2, 54),
        random.choice(("证件信息", "我的证件", "实名认证")),
        canvas.style.value,
        46,
        _WHITE,
        anchor="mt",
    )
    canvas.image.paste(_WHITE, Box(30, 180, WIDTH - 30, 290 + 120 * len(rows)))
    canvas.write((70, 212), quoted.title, canvas.style.title, 44, (24, 24, 24))
    for row, (label, value) in enumerate(rows):
        top = 300 + 120 * row
        canvas.image.paste((228, 228, 232), Box(60, top - 10, WIDTH - 60, top - 8))
        canvas.write((70, top + 32), label or "拼音", canvas.style.value, 36, (140, 140, 146))
        size = min(38, int(38 * 800 / max(1, canvas.length(value, canvas.style.value, 38))))
        canvas.write((WIDTH - 70, top + 32), value, canvas.style.value, size, (30, 30, 34), anchor="rt")
    canvas.image.paste(accent, Box(60, canvas.image.height - 110, WIDTH - 60, canvas.image.height - 30))
    at = (WIDTH / 2, canvas.image.height - 92)
    canvas.write(at, random.choice(("确认提交", "下一步", "保存")), canvas.style.value, 44, _WHITE, anchor="mt")
    return Document(canvas=canvas)


def draw_email(random: Random, fonts: FontLoader) -> Document:
    """Draw a printed e-mail with the data in its text."""
    quoted, mark = quote_permit(random), random.choice(("", "> ", "- "))
    canvas = white_paper(random, fonts, height=1500)
    head = (
        "发件人: demo@example.invalid",
        "收件人: frontdesk@example.invalid",
        f"主题: {quoted.title} 资料",
        "日期: 2026-11-15 09:30",
    )
    lines = [*head, "", "您好，", "", "以下是客人的证件资料：", ""]
    lines += [f"{mark}{label}{random.choice((': ', '：')) if label else ''}{value}" for label, value in quoted.rows]
    lines += ["", "谢谢！", "Best regards"]
    top = 60
    for line in lines:
        for text in wrap(canvas, line, 34, WIDTH - 160):
            if text:
                canvas.write((80, top), text, canvas.style.value, 34, canvas.style.value_ink)
            top += 58 if text else 26
    return Document(canvas=cut_below_text(canvas))


def draw_data_record(random: Random, fonts: FontLoader) -> Document:
    """Draw a programmer's window with the data as JSON."""
    quoted = quote_permit(random)
    dark = random.random() < 0.7
    canvas = white_paper(
        random, fonts, height=150 + 62 * (len(quoted.rows) + 2), colour=(30, 32, 38) if dark else (250, 250, 250)
    )
    ink = (206, 214, 224) if dark else (40, 44, 60)
    lines = ["{", *(f'  "{label or "EnglishName"}": "{value}",' for label, value in quoted.rows), "}"]
    for row, line in enumerate(lines):
        size = int(34 * min(1, 1060 / canvas.length(line, "noto-mono", 34)))
        canvas.write((70, 60 + row * 62), line, "noto-mono", size, ink)
    return Document(canvas=canvas)
