# One image for web, workers and what is done once before them; docker-compose.yml says which is which.
FROM python:3.11-slim

# pg_dump, for `baton backup` and the copy before a migration; it must not be older than the server.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home --uid 10001 baton \
    && install --directory --owner=baton --group=baton --mode=0700 /data

WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --compile --require-hashes -r requirements/run.txt

COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e . \
    && BATON_DATA=/tmp/build python -m config.static_files \
    && rm -rf /tmp/build

USER baton
ENV BATON_DATA=/data \
    BATON_BIND=0.0.0.0 \
    PORT=8000 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "config.healthcheck", "web"]
CMD ["python", "-m", "config.web"]
