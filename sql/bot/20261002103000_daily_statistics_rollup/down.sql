DROP FUNCTION refresh_daily_statistics(date);
