# The same image serves and works: `parley serve` (default), `parley worker`, `parley migrate`.

FROM node:20-slim AS assets
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --ignore-scripts
COPY frontend/ ./
RUN node build.mjs

FROM python:3.11-slim AS wheel
WORKDIR /build
COPY requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml hatch_build.py README.md ./
COPY backend/ backend/
COPY migrations/ migrations/
COPY --from=assets /build/frontend/ frontend/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist .

FROM python:3.11-slim AS packages
COPY requirements.lock ./
RUN python -m venv /opt/parley && /opt/parley/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY --from=wheel /build/dist/ dist/
RUN /opt/parley/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin parley \
    && install --directory --owner=parley --group=parley --mode=0750 /data
COPY --from=packages /opt/parley /opt/parley
ENV PATH=/opt/parley/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PARLEY_DATA_DIR=/data
USER parley
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["parley"]
CMD ["serve", "--host", "0.0.0.0"]
