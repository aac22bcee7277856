# Sourced by the other scripts: installs what is missing from Debian's packages, as root or with sudo.

BUILD_PACKAGES="g++ cmake ninja-build ccache pkg-config libpq-dev libyaml-cpp-dev libboost-graph-dev libspdlog-dev
  libfmt-dev libpg-query-dev libprotobuf-c-dev libcli11-dev libcsv-dev nlohmann-json3-dev libssl-dev postgresql-15"
TEST_PACKAGES="libgtest-dev libgmock-dev clang libclang-rt-14-dev git python3 python3-psycopg2 python3-sqlalchemy
  python3-asyncpg alembic pgbouncer util-linux procps iproute2 binutils"
BENCH_PACKAGES="libbenchmark-dev hyperfine python3-psycopg2"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_packages NAME...: only asks the package manager when something is missing.
install_packages() {
  local missing="" name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing="$missing $name"
  done
  [ -n "$missing" ] || return 0
  echo "installing:$missing"
  as_root apt-get update -qq
  # A server of our own is started when one is needed; the package shall not make and start another.
  if ! dpkg-query -W postgresql-common >/dev/null 2>&1; then
    as_root mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o Dpkg::Options::=--force-confold $missing >/dev/null
}
