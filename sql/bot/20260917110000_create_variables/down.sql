DROP TABLE subscriber_variables;
DROP TABLE variables;
DROP TYPE variable_type;
DROP TYPE variable_scope;
