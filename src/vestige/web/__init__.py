"""Pages, forms and byte routes: they translate between HTTP and the actions, and decide nothing."""
