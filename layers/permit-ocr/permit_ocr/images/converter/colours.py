"""Convert pictures to one of three Pillow modes."""

from PIL import Image


def to_basic_mode(picture: Image.Image) -> Image.Image:
    """Return a picture in mode 1, L or RGB; transparent parts become white."""
    if picture.mode in {"1", "L", "RGB"} and not picture.has_transparency_data:
        return picture
    if picture.has_transparency_data:
        return _on_white(picture)
    if picture.mode.startswith(("I", "F")):
        return _to_8_bit_grey(picture)
    colours = picture.convert("RGB")
    if picture.mode not in {"P", "RGBX"}:
        colours.info.pop("icc_profile", None)  # it is the profile of another colour space, such as CMYK
    return colours


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    paper.info = {"icc_profile": picture.info.get("icc_profile")}
    return paper


def _to_8_bit_grey(picture: Image.Image) -> Image.Image:
    """Return the upper 8 of 16 bits."""
    greys = picture.convert("I")
    return greys.point(lambda value: value * (1 / 256)).convert("L")
