"""The few modes in which pictures are kept."""

from PIL import Image


def plain_colours(picture: Image.Image) -> Image.Image:
    """Return a picture in mode 1, L or RGB: as on white paper where it is transparent."""
    if picture.mode in {"1", "L", "RGB"} and not picture.has_transparency_data:
        return picture
    if picture.has_transparency_data:
        return _on_white(picture)
    if picture.mode.startswith(("I", "F")):
        return _of_deep_greys(picture)
    colours = picture.convert("RGB")
    if picture.mode not in {"P", "RGBX"}:
        colours.info.pop("icc_profile", None)  # it is a profile of other colours, such as a printer's four
    return colours


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    paper.info = {"icc_profile": picture.info.get("icc_profile")}
    return paper


def _of_deep_greys(picture: Image.Image) -> Image.Image:
    """Return the upper eight bits of sixteen."""
    greys = picture.convert("I")
    return greys.point(lambda value: value * (1 / 256)).convert("L")
