//! The tables, as the newest migrations leave them.

diesel::table! {
    audit_log (seq) {
        seq -> BigInt,
        at -> BigInt,
        action -> Text,
        account_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        client_ip -> Text,
        request_id -> Text,
        hash -> Binary,
        actor_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit_head (id) {
        id -> BigInt,
        first_seq -> BigInt,
        first_hash -> Binary,
        last_seq -> BigInt,
        last_hash -> Binary,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        email_verified -> Bool,
        first_name -> Text,
        last_name -> Text,
        company_name -> Text,
        password_hash -> Text,
        role -> Text,
        is_active -> Bool,
        session_epoch -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_login_at -> Nullable<BigInt>,
        password_changed_at -> Nullable<BigInt>,
        is_administrator -> Bool,
    }
}

diesel::table! {
    user_profiles (user_id) {
        user_id -> Text,
        profile -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        epoch -> BigInt,
        created_at -> BigInt,
        last_used_at -> BigInt,
        expires_at -> BigInt,
        absolute_expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        refresh_digest -> Binary,
        previous_digest -> Nullable<Binary>,
        replaced_at -> Nullable<BigInt>,
        sealed_successor -> Nullable<Binary>,
        cookie_digest -> Binary,
        client_ip -> Text,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    registrations (id) {
        id -> Text,
        token_digest -> Binary,
        email -> Text,
        password_hash -> Text,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    rate_limits (key) {
        key -> Binary,
        tries -> Binary,
        blocked_until -> Nullable<BigInt>,
        stale_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        state -> Text,
        sealed -> Binary,
        created_at -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    chat_threads (id) {
        id -> Text,
        user_id -> Text,
        placement -> Text,
        title -> Nullable<Text>,
        started_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        status -> Text,
        metadata -> Text,
        image_domains -> Nullable<Text>,
        last_number -> BigInt,
        answer_id -> Nullable<Text>,
        answer_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    chat_items (thread_id, number) {
        thread_id -> Text,
        number -> BigInt,
        item_id -> Text,
        hidden -> Bool,
        body -> Text,
        feedback -> Nullable<Text>,
    }
}

diesel::table! {
    chat_attachments (id) {
        id -> Text,
        user_id -> Text,
        thread_id -> Nullable<Text>,
        name -> Text,
        mime_type -> Text,
        size -> BigInt,
        is_uploaded -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    chat_attachment_parts (attachment_id, part) {
        attachment_id -> Text,
        part -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    chat_usage (owner, usage, day) {
        owner -> Text,
        usage -> Text,
        day -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    hosted_sessions (id) {
        id -> Text,
        user_id -> Text,
        session_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        next_try_at -> BigInt,
        tries -> BigInt,
    }
}

diesel::table! {
    analytics_events (id) {
        id -> Text,
        event_type -> Text,
        step -> Nullable<Text>,
        role -> Nullable<Text>,
        placement -> Nullable<Text>,
        details -> Nullable<Text>,
        day -> Text,
        created_at -> BigInt,
        source -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    onboarding_checklists (user_id) {
        user_id -> Text,
        thread_id -> Nullable<Text>,
        tasks -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    login_history (id) {
        id -> Text,
        email -> Text,
        success -> Bool,
        client_ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        details -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    legacy_import_steps (source, table_name) {
        source -> Text,
        table_name -> Text,
        last_key -> Nullable<Binary>,
        is_done -> Bool,
        rows_read -> BigInt,
        rows_brought -> BigInt,
        rows_updated -> BigInt,
        rows_there -> BigInt,
        rows_left -> BigInt,
    }
}

diesel::table! {
    legacy_import_findings (source, table_name, number) {
        source -> Text,
        table_name -> Text,
        number -> BigInt,
        row_id -> Text,
        field -> Nullable<Text>,
        kind -> Text,
        fate -> Text,
        other_id -> Nullable<Text>,
    }
}

diesel::table! {
    legacy_import_rows (table_name, row_id) {
        table_name -> Text,
        row_id -> Text,
        target_id -> Text,
        digest -> Binary,
        newest -> Nullable<BigInt>,
    }
}

diesel::table! {
    /// Kept by `diesel_migrations`.
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

diesel::table! {
    /// What is kept of each applied migration. It is older than the first of them, see `dialect.rs`.
    migration_records (version) {
        version -> Text,
        name -> Text,
        checksum -> Text,
        contracts -> Bool,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(chat_items -> chat_threads (thread_id));
diesel::allow_tables_to_appear_in_same_query!(__diesel_schema_migrations, migration_records);
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(chat_items, chat_threads);
