DROP VIEW active_dialogs;
