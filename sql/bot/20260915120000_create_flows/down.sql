DROP TABLE flow_versions;
DROP TABLE flows;
DROP TYPE flow_version_state;
