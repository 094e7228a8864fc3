# The image holds what install.sh made, and nothing else. Run it with a read-only root: it writes in
# /var/lib/socle (a volume) and /tmp (a tmpfs); deploy/stack/compose.yaml does so.
FROM node:22-bookworm-slim AS libraries
COPY package.json package-lock.json .npmrc /checkout/
COPY deploy/stack/front-end.sh /checkout/deploy/stack/
RUN /checkout/deploy/stack/front-end.sh

FROM python:3.11-slim-bookworm AS install
COPY . /checkout
COPY --from=libraries /checkout/portal/console/libraries /checkout/portal/console/libraries
RUN /checkout/deploy/stack/install.sh /opt/socle

FROM python:3.11-slim-bookworm
RUN useradd --system --user-group --uid 900 --create-home --home-dir /var/lib/socle socle
COPY --from=install /opt/socle /opt/socle
ENV PATH=/opt/socle/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SOCLE_STATE_FOLDER=/var/lib/socle
USER socle
WORKDIR /var/lib/socle
VOLUME /var/lib/socle
EXPOSE 8080/tcp 8444/tcp 1812/udp 1813/udp 9401/tcp 9402/tcp 9403/tcp 9404/tcp 9405/tcp 9412/tcp 9422/tcp 9432/tcp
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/socle/current/bin/python", "-m", "deploy.stack.healthcheck"]
ENTRYPOINT ["socle"]
CMD ["serve"]
