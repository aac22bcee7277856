"""Rows for the inverse test: what is put into a database as soon as a migration has been applied.

A migration after that one has to bring these rows through its up and down unharmed, and a backfill has
something to fill. Times and keys are fixed, so that two dumps can be compared.
"""

META = {
    "create_users": """
        INSERT INTO users (id, email, display_name, telegram_user_id, locale, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000a1', 'Ada@example.org', 'Ada', 1001, 'en', '2026-09-08', '2026-09-08'),
            ('00000000-0000-0000-0000-0000000000a2', 'zoe@example.org', 'Zoe', NULL, 'pt-BR',
             '2026-09-08', '2026-09-09')
        """,
    "create_teams": """
        INSERT INTO teams (id, name, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000b1', 'Ada''s Bakery & Co.', '2026-09-09', '2026-09-09'),
            ('00000000-0000-0000-0000-0000000000b2', 'Ada''s Bakery & Co.', '2026-09-09', '2026-09-10'),
            ('00000000-0000-0000-0000-0000000000b3', U&'\\041f\\0435\\043a\\0430\\0440\\043d\\044f',
             '2026-09-09', '2026-09-11');
        INSERT INTO team_members (team_id, user_id, role, invited_by, joined_at) VALUES
            ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a1', 'owner', NULL,
             '2026-09-09'),
            ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a2', 'viewer',
             '00000000-0000-0000-0000-0000000000a1', '2026-09-09')
        """,
    "create_bots": """
        INSERT INTO bots (id, team_id, slug, name, telegram_bot_id, telegram_username, state, created_at, updated_at)
        VALUES
            ('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000b1', 'bakery', 'Bakery', 7001,
             'AdasBakeryBot', 'active', '2026-09-10', '2026-09-10'),
            ('00000000-0000-0000-0000-0000000000c2', '00000000-0000-0000-0000-0000000000b1', 'old-shop', 'Old shop',
             NULL, NULL, 'archived', '2026-09-10', '2026-09-10')
        """,
    "create_bot_tokens": """
        INSERT INTO encryption_keys (id, created_at) VALUES ('2026-09', '2026-09-01');
        INSERT INTO bot_tokens (bot_id, key_id, ciphertext, token_hash, created_at) VALUES
            ('00000000-0000-0000-0000-0000000000c1', '2026-09', decode(repeat('5a', 74), 'hex'),
             decode(repeat('3c', 32), 'hex'), '2026-09-10')
        """,
    "create_bot_databases": """
        INSERT INTO database_servers (host, created_at) VALUES ('db1.example.org', '2026-09-11');
        INSERT INTO bot_databases (bot_id, server_id, database_name, role_name, state, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000c1', 1, 'bot_bakery', 'bot_bakery', 'ready',
             '2026-09-11', '2026-09-11'),
            ('00000000-0000-0000-0000-0000000000c2', 1, 'bot_old_shop', 'bot_old_shop', 'ready',
             '2026-09-11', '2026-09-11')
        """,
    "create_subscriptions": """
        INSERT INTO subscriptions (team_id, plan_code, status, period, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000b1', 'pro', 'active', '[2026-09-15,2026-10-15)',
             '2026-09-15', '2026-09-15')
        """,
    "create_invoices": """
        INSERT INTO invoices (subscription_id, number, amount_cents, currency, status, issued_at, due_at, paid_at)
        VALUES
            (1, '2026-0001', 1900, 'EUR', 'paid', '2026-09-16', '2026-09-30', '2026-09-17')
        """,
    "create_templates": """
        INSERT INTO templates (id, slug, title, summary, category, visibility, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000d1', 'feedback', 'Feedback form', 'Asks and thanks', 'forms', 'public',
             '2026-09-15', '2026-09-15')
        """,
    "create_template_versions": """
        INSERT INTO template_versions (template_id, version, graph, created_at, published_at, published_by) VALUES
            ('00000000-0000-0000-0000-0000000000d1', 1, '{"blocks": []}', '2026-09-16', '2026-09-16',
             '00000000-0000-0000-0000-0000000000a1'),
            ('00000000-0000-0000-0000-0000000000d1', 2, '{"blocks": [1]}', '2026-09-16', NULL, NULL)
        """,
    "create_api_keys": """
        INSERT INTO api_keys (id, team_id, name, prefix, key_hash, scopes, created_at) VALUES
            ('00000000-0000-0000-0000-0000000000e1', '00000000-0000-0000-0000-0000000000b1', 'CRM', 'bck_0123abcd',
             decode(repeat('77', 32), 'hex'), '{bots.read}', '2026-09-28')
        """,
    "create_audit_log": """
        INSERT INTO audit_log (occurred_at, actor, actor_id, action, object_kind, object_id) VALUES
            ('2026-09-28', 'user', '00000000-0000-0000-0000-0000000000a1', 'bot.publish', 'bot', 'bakery')
        """,
}

BOT = {
    "create_subscribers": """
        INSERT INTO subscribers (telegram_user_id, username, first_name, last_name, state, tags,
                                 first_seen_at, last_seen_at, updated_at) VALUES
            (5001, 'Bob', 'Bob', 'Baker', 'active', '{vip,news}', '2026-09-15', '2026-09-16', '2026-09-16'),
            (5002, 'quiet', '', '', 'active', '{}', '2026-09-15', '2026-09-15', '2026-09-15'),
            (5003, NULL, ' ', '', 'blocked', '{}', '2026-09-15', '2026-09-15', '2026-09-15')
        """,
    "create_flows": """
        INSERT INTO flows (id, name, trigger, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-0000000000f1', 'Welcome', '{"command": "start"}', '2026-09-16', '2026-09-16');
        INSERT INTO flow_versions (flow_id, version, created_at) VALUES
            ('00000000-0000-0000-0000-0000000000f1', 1, '2026-09-16')
        """,
    "create_blocks": """
        INSERT INTO blocks (flow_version_id, kind, title, config, is_entry) VALUES
            (1, 'message', 'Hello', '{"text": "Hello, {{name}}"}', true),
            (1, 'question', 'City', '{"text": "Where do you live?", "variable": "city"}', false);
        INSERT INTO transitions (flow_version_id, from_block_id, to_block_id) VALUES (1, 1, 2);
        UPDATE flow_versions SET state = 'published', published_at = '2026-09-17'
        """,
    "create_variables": """
        INSERT INTO variables (name, scope, default_value, created_at, updated_at) VALUES
            ('city', 'subscriber', '"Riga"', '2026-09-17', '2026-09-17');
        INSERT INTO subscriber_variables (subscriber_id, variable_id, value, updated_at) VALUES
            (1, 1, '"Oslo"', '2026-09-17')
        """,
    "create_dialog_states": """
        INSERT INTO dialog_states (subscriber_id, flow_version_id, block_id, data, started_at, updated_at) VALUES
            (1, 1, 2, '{"city": null}', '2026-09-18', '2026-09-18')
        """,
    "create_messages": """
        INSERT INTO messages (sent_at, subscriber_id, direction, kind, block_id, body) VALUES
            ('2026-09-21 12:00+00', 1, 'incoming', 'text', NULL, '/start'),
            ('2026-09-21 12:01+00', 1, 'outgoing', 'text', 1, 'Hello, Bob')
        """,
    "message_partitions": """
        SELECT create_messages_partition('2026-10-17');
        INSERT INTO messages (sent_at, subscriber_id, direction, body) VALUES
            ('2026-09-30 23:59:59+00', 2, 'incoming', 'last'), ('2026-10-01 00:00+00', 2, 'incoming', 'first')
        """,
    "create_broadcasts": """
        INSERT INTO broadcasts (id, title, body, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-000000000091', 'Sale', 'All bread at half price', '2026-09-23', '2026-09-23')
        """,
    "create_broadcast_deliveries": """
        INSERT INTO broadcast_deliveries (broadcast_id, subscriber_id, next_attempt_at) VALUES
            ('00000000-0000-0000-0000-000000000091', 1, '2026-09-24')
        """,
    "create_media": """
        INSERT INTO media (id, kind, storage_key, sha256, mime_type, size_bytes, created_at) VALUES
            ('00000000-0000-0000-0000-000000000081', 'photo', 'bread.jpg', decode(repeat('11', 32), 'hex'),
             'image/jpeg', 12345, '2026-09-23')
        """,
    "create_block_media": """
        INSERT INTO block_media (block_id, media_id) VALUES (1, '00000000-0000-0000-0000-000000000081')
        """,
    "create_webhook_endpoints": """
        INSERT INTO webhook_endpoints (id, url, event_kinds, key_id, secret_ciphertext, created_at, updated_at) VALUES
            ('00000000-0000-0000-0000-000000000071', 'https://example.org/hook', '{message.received}', '2026-09',
             decode(repeat('5a', 60), 'hex'), '2026-09-30', '2026-09-30')
        """,
    "create_webhook_deliveries": """
        INSERT INTO webhook_deliveries (endpoint_id, event_id, event_kind, payload, next_attempt_at, created_at) VALUES
            ('00000000-0000-0000-0000-000000000071', '00000000-0000-0000-0000-000000000061', 'message.received',
             '{"text": "Hi"}', '2026-10-01', '2026-10-01')
        """,
    "create_daily_statistics": """
        INSERT INTO daily_statistics (day, new_subscribers) VALUES ('2026-09-15', 3);
        INSERT INTO daily_flow_statistics (day, flow_id, started) VALUES
            ('2026-09-16', '00000000-0000-0000-0000-0000000000f1', 1)
        """,
    "daily_statistics_rollup": "SELECT refresh_daily_statistics('2026-09-21')",
    # Into a month that has no partition, as when the daily job has failed.
    "active_dialogs": """
        INSERT INTO messages (sent_at, subscriber_id, direction, body) VALUES
            ('2026-12-01 00:00+00', 1, 'incoming', 'early')
        """,
    "fill_late_partitions": "SELECT create_messages_partition('2026-12-31')",
}
