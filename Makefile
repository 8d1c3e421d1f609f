# make demo   a lively organisation at http://127.0.0.1:8000 (PORT= changes the port)
# make reset  forget the demo's data
# make test   the whole suite (SQLite always; PostgreSQL and Redis with TEST_DATABASE_URL / TEST_REDIS_URL)
# make check  format, lint, types, import contracts, missing migrations and translations
# make bench  one JSON line per measurement

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PORT

.PHONY: demo reset test check bench chaos lock translations run

.venv/product: requirements.lock
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "Installing the packages the product runs on (about a minute the first time)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/development: requirements-dev.lock
	@test -d .venv || $(PYTHON) -m venv .venv
	@echo "Installing the packages for tests and checks (about two minutes the first time)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

var/languages: $(wildcard locale/*/LC_MESSAGES/*.po) | .venv/product
	@mkdir -p var
	@$(BIN)/python tools/translations.py compile
	@touch $@

demo: .venv/product var/languages
	@$(BIN)/python manage.py demo

reset:
	rm -rf var

test: .venv/development
	@mkdir -p var && $(BIN)/python tools/translations.py compile
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal $(PYTEST_ARGS)

check: .venv/development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djade --check $$(git ls-files '*.html')
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python tools/translations.py check
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/schema.yml
	PRODUCTION=1 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	  ALLOWED_HOSTS=cx.example PUBLIC_BASE_URL=https://cx.example $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/development
	@$(BIN)/python -m tests.bench

chaos: .venv/development
	@$(BIN)/python -m tests.chaos

lock:
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.lock
	uv pip compile --universal --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.lock

translations: .venv/development
	$(BIN)/python tools/translations.py update
