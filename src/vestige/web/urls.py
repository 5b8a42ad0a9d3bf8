"""Django's addresses, from the one table of routes."""

from vestige.web.pages import missing
from vestige.web.routes import PAGES

urlpatterns = [page.url() for page in PAGES]
handler404 = missing
