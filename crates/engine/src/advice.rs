//! What to do about a refusal of the server that is nobody's mistake in the files, by its SQLSTATE.

/// A sentence for people; none where PostgreSQL's own words say all that there is to say.
pub(crate) fn advice(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "53100" => {
            "the server's disk is full: free space there or add some, then run the same command again; what is done \
             stays done"
        }
        "53200" => {
            "the server has no memory left: lower work_mem or maintenance_work_mem, or try at a quieter time, then run \
             the same command again; what is done stays done"
        }
        "53300" => {
            "all connections of the server or of this role are taken: raise max_connections or the role's limit, or \
             wait until some are free; windlass needs three"
        }
        "53400" => {
            "a limit of the server's configuration was reached (such as temp_file_limit): raise it for this role or \
             database, then run the same command again"
        }
        "25006" => {
            "this server takes no writes: connect to the primary (with several hosts, add \
             target_session_attrs=read-write), or set default_transaction_read_only off for this role and database"
        }
        "42501" => {
            "the role may not do this: run as the owner of what is changed, by another user in the URL or by `role` in \
             windlass.toml, or let the owner grant what is missing"
        }
        "3F000" => {
            "no schema of the search_path is there: set `search_path` in windlass.toml, or write the schema's name before \
             each object"
        }
        _ => return None,
    })
}
