"""A mail's HTML made safe to show and made into text, and its quotations told from what was written anew."""

from parley.kit.mailtext.clean import Cleaned, clean_html, with_inline_images
from parley.kit.mailtext.plain import html_to_text
from parley.kit.mailtext.quotes import split_quoted, split_signature

__all__ = ["Cleaned", "clean_html", "html_to_text", "split_quoted", "split_signature", "with_inline_images"]
