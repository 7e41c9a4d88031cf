"""QR codes for pages, by the library that makes them for paper."""

import re

import zxingcpp

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')


def qr_svg(text: str) -> str:
    """Return a text as a QR code of level M with its quiet zone: a picture that takes the size of its place."""
    svg = str(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_svg(add_quiet_zones=True))
    return _SIZE.sub(r'<svg viewBox="0 0 \1 \2"', svg, count=1)
