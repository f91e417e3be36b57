# Evenkeel. `make` or `make help` is the table of contents.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := $(CURDIR)/bin
DIST := $(CURDIR)/dist
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= ghcr.io/evenkeel/evenkeel:dev
FUZZTIME ?= 30s
KILLS ?= 200
LDFLAGS := -s -w -X github.com/evenkeel/evenkeel/internal/version.version=$(VERSION)
DEVCLUSTER := cd hack/devcluster && go run .

##@ Try it
.PHONY: demo
demo: ## Screen two districts for real on this machine: cluster, operator, districts, 5,533 students (root; first run about 25 min)
	go run ./hack/demo up

.PHONY: demo-down
demo-down: ## Take the demo down and leave nothing behind but built tools
	go run ./hack/demo down

.PHONY: plugin
plugin: ## Build kubectl-evenkeel and its completion into bin/ (put bin/ on PATH)
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o $(BIN)/kubectl-evenkeel ./cmd/kubectl-evenkeel
	install -m 755 cmd/kubectl-evenkeel/kubectl_complete-evenkeel $(BIN)/kubectl_complete-evenkeel

##@ Develop
.PHONY: build
build: plugin ## Build manager, district and the kubectl plugin into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o $(BIN)/ ./cmd/manager ./cmd/district

.PHONY: image
image: build ## Write the product image to dist/evenkeel.tar (IMAGE=name:tag)
	mkdir -p $(DIST)
	$(DEVCLUSTER) image --name $(IMAGE) --out $(DIST)/evenkeel.tar $(BIN)/manager $(BIN)/district

.PHONY: generate
generate: $(BIN)/controller-gen ## Regenerate deep copies, definitions, apply configurations and charts
	$(BIN)/controller-gen object crd applyconfiguration paths=./api/... output:crd:artifacts:config=config/crd/bases
	go run ./hack/tools/chartgen

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## Format Go code
	$(BIN)/golangci-lint fmt

.PHONY: cluster-up
cluster-up: ## Start the single-node Kubernetes of hack/devcluster (root)
	$(DEVCLUSTER) up

.PHONY: cluster-down
cluster-down: ## Stop it and leave nothing behind but built tools
	$(DEVCLUSTER) down

##@ Check
.PHONY: test
test: ## The fast suite; installs and builds what it needs (warm: under 6 min)
	./hack/test.sh

.PHONY: lint
lint: $(BIN)/golangci-lint ## golangci-lint with kube-api-linter, on every module but the pinned tools
	./hack/lint.sh $(BIN)/golangci-lint

.PHONY: verify
verify: ## generate, lint, and a clean git status
	./hack/verify.sh

.PHONY: e2e
e2e: loss ## The demo as a test, with faults and every figure checked (root), after the long loss test
	go test -tags e2e -count 1 -timeout 60m -v ./test/e2e/...

.PHONY: loss
loss: ## KILLS (200) times kill -9 of intake, scorer, casework and PostgreSQL under load: nothing acknowledged is lost
	EVENKEEL_LOSS_KILLS=$(KILLS) go test -count 1 -timeout 60m -v ./test/loss/

.PHONY: bench
bench: ## Benchmarks of the pure packages, then a district against pgbench, written to docs/bench (about 5 min)
	go test -run '^$$' -bench . -benchmem ./internal/core/...
	go run ./test/bench

.PHONY: bench-scoring
bench-scoring: ## Score beside R's psych, numpy, fhirpath and the memory, written to docs/bench (installs them; about 5 min)
	./hack/bench-scoring.sh

.PHONY: bench-scale
bench-scale: ## 150 districts and 20,000 schools on a real kube-apiserver beside a bare client, written to docs/bench (about 12 min)
	KUBEBUILDER_ASSETS=$$($(DEVCLUSTER) assets) && export KUBEBUILDER_ASSETS && go run ./test/bench/scale

.PHONY: oracles
oracles: ## Hold the scoring against R's psych, HL7's FHIRPath and known facts; writes docs/oracles.md (installs R, fhirpath)
	./hack/oracles.sh

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s)
	./hack/fuzz.sh $(FUZZTIME)

##@ House
.PHONY: clean
clean: ## Remove bin/ and dist/
	rm -rf $(BIN) $(DIST)

.PHONY: help
help: ## This table of contents
	@./hack/help.sh $(MAKEFILE_LIST)

# Tools are pinned in modules of their own and rebuilt when those change.
$(BIN)/controller-gen: hack/tools/controller-gen/go.mod hack/tools/controller-gen/go.sum
	cd hack/tools/controller-gen && go build -trimpath -o $@ sigs.k8s.io/controller-tools/cmd/controller-gen

$(BIN)/golangci-lint: hack/tools/golangci-lint/go.mod hack/tools/golangci-lint/go.sum hack/tools/golangci-lint/main.go
	cd hack/tools/golangci-lint && go build -trimpath -ldflags "-s -w" -o $@ .
