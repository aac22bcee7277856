DROP TABLE dialog_states;
