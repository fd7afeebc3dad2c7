"""Questions in plain language: read by a grammar over the model's own vocabulary, answered by the semantic layer alone.

`vocabulary` holds what words mean (model, `synonyms.yml`, names of members), `times` the phrases of time, `shape` the rest of a
question's form (top n, limits, grains), `reading` puts them together into one query or says what it did not understand,
`answer` asks the semantic layer and says the result in a sentence, `chart` chooses the chart, `log` keeps every question.
"""
