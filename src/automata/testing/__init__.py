"""For the tests of plugins and embedders: fixtures, factories, Hypothesis strategies, compliance suites."""
