"""Evidence bytes to browsers: Starlette routes beside the pages, because Django would spool each body to disk."""
