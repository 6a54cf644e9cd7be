# The commands of a working day. Each is a script of the same name, for its options see there.

.DEFAULT_GOAL := help
.PHONY: help run test lint generate

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build everything and serve on http://127.0.0.1:8000; ARGS="…" go to the server
	@scripts/run $(ARGS)

test: ## install what the tests need and run them all; ARGS="…" go to cargo test
	@scripts/test $(ARGS)

lint: ## check formatting, clippy, documentation and dependencies
	@scripts/lint

generate: ## write schema.graphql and the generated documents anew
	@cargo run --quiet --locked -- generate
