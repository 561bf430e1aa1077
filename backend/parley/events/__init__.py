"""Events: frozen facts carrying ids, the language in which domains speak upward."""
