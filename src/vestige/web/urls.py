"""Django's addresses, from the one table of routes."""

from vestige.web.pages import broken, missing
from vestige.web.routes import PAGES

urlpatterns = [page.url() for page in PAGES]
handler404 = missing
handler500 = broken
