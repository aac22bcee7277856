DROP VIEW team_overview;
