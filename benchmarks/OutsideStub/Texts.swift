/// The JSON of answers, of the size and shape that Coder 2.28 sends, with the holes of ``Pattern``.
enum Texts {
    private static let owner = "00000001-0000-4000-8000-000000000001"
    private static let organization = "00000002-0000-4000-8000-000000000001"
    private static let templateID = "00000003-0000-4000-8000-000000000001"
    private static let versionID = "00000004-0000-4000-8000-000000000001"
    private static let nobody = "00000000-0000-0000-0000-000000000000"

    private static let workspaceID = "0000000a-0000-4000-8000-{number}"
    private static let agentID = "0000000e-0000-4000-8000-{number}"
    private static let sourceID = "0000000f-0000-4000-8000-{number}"

    /// A build of a workspace.
    struct Build {
        var id: String
        var number: Int
        var transition: String
        /// `latest_build.status`.
        var status: String
        var job = "succeeded"
        var hasAgent = false

        /// At the moment of a create.
        static let created = Build(
            id: "0000000b-0000-4000-8000-{number}",
            number: 1,
            transition: "start",
            status: "pending",
            job: "pending"
        )
        /// Ever after.
        static let started = Build(
            id: created.id,
            number: 1,
            transition: "start",
            status: "running",
            hasAgent: true
        )
        static let stopped = Build(
            id: "0000000c-0000-4000-8000-{number}",
            number: 2,
            transition: "stop",
            status: "stopped"
        )
        static let deleted = Build(
            id: "0000000d-0000-4000-8000-{number}",
            number: 3,
            transition: "delete",
            status: "deleted"
        )
    }

    /// Written as `codersdk.Workspace`.
    static func workspace(_ latest: Build, template: String) -> String {
        """
        {"id":"\(workspaceID)","created_at":"{time}","updated_at":"{time}","owner_id":"\(owner)","owner_name":"admin",\
        "owner_avatar_url":"","organization_id":"\(organization)","organization_name":"coder",\
        "template_id":"\(templateID)","template_name":"\(template)","template_display_name":"",\
        "template_icon":"/icon/k8s.png","template_allow_user_cancel_workspace_jobs":true,\
        "template_active_version_id":"\(versionID)","template_require_active_version":false,\
        "template_use_classic_parameter_flow":false,"latest_build":\(build(latest)),"latest_app_status":null,\
        "outdated":false,"name":"{name}","ttl_ms":7200000,"last_used_at":"{time}","deleting_at":null,"dormant_at":null,\
        "health":{"healthy":true,"failing_agents":[]},"automatic_updates":"never","allow_renames":false,\
        "favorite":false,"next_start_at":null,"is_prebuild":false,"task_id":null}
        """
    }

    /// Written as `codersdk.WorkspaceBuild`.
    static func build(_ build: Build) -> String {
        """
        {"id":"\(build.id)","created_at":"{time}","updated_at":"{time}","workspace_id":"\(workspaceID)",\
        "workspace_name":"{name}","workspace_owner_id":"\(owner)","workspace_owner_name":"admin",\
        "template_version_id":"\(versionID)","template_version_name":"v1","template_version_preset_id":null,\
        "build_number":\(build.number),"transition":"\(build.transition)","initiator_id":"\(owner)",\
        "initiator_name":"admin","job":\(job(build)),"reason":"initiator",\
        "resources":[\(build.hasAgent ? resource(build) : "")],"deadline":null,"max_deadline":null,\
        "status":"\(build.status)","daily_cost":0,\
        "matched_provisioners":{"count":3,"available":3,"most_recently_seen":"{time}"},"has_ai_task":false,\
        "has_external_agent":false}
        """
    }

    private static func job(_ build: Build) -> String {
        let times = build.job == "succeeded" ? "\"started_at\":\"{time}\",\"completed_at\":\"{time}\"," : ""
        return """
            {"id":"\(jobID(build))","created_at":"{time}",\(times)"status":"\(build.job)","file_id":"\(templateID)",\
            "tags":{"owner":"","scope":"organization"},"queue_position":0,"queue_size":0,\
            "organization_id":"\(organization)","initiator_id":"\(owner)","input":{"workspace_build_id":"\(build.id)"},\
            "type":"workspace_build","metadata":{"template_version_name":"","template_id":"\(nobody)",\
            "template_name":"","template_display_name":"","template_icon":""},"logs_overflowed":false}
            """
    }

    private static func resource(_ build: Build) -> String {
        let id = "00000010-0000-4000-8000-{number}"
        return """
            {"id":"\(id)","created_at":"{time}","job_id":"\(jobID(build))","workspace_transition":"start",\
            "type":"kubernetes_deployment","name":"main","hide":false,"icon":"","agents":[{"id":"\(agentID)",\
            "parent_id":null,"created_at":"{time}","updated_at":"{time}","first_connected_at":"{time}",\
            "last_connected_at":"{time}","started_at":"{time}","ready_at":"{time}","status":"connected",\
            "lifecycle_state":"ready","name":"main","resource_id":"\(id)","architecture":"amd64",\
            "environment_variables":{},"operating_system":"linux","logs_length":41,"logs_overflowed":false,\
            "directory":"","expanded_directory":"/home/coder","version":"v2.28.6+df47153","api_version":"2.6",\
            "apps":[],"connection_timeout_seconds":120,"troubleshooting_url":"","subsystems":[],\
            "health":{"healthy":true},"display_apps":["web_terminal"],\
            "log_sources":[{"workspace_agent_id":"\(agentID)","id":"\(sourceID)","created_at":"{time}",\
            "display_name":"Startup Script","icon":"/emojis/25b6-fe0f.png"}],\
            "scripts":[{"id":"00000011-0000-4000-8000-{number}","log_source_id":"\(sourceID)",\
            "log_path":"coder-startup-script.log","script":"exec /usr/local/lib/remediation/run.sh","cron":"",\
            "run_on_start":true,"run_on_stop":false,"start_blocks_login":false,"timeout":0,\
            "display_name":"Startup Script"}],"startup_script_behavior":"non-blocking"}],"daily_cost":0}
            """
    }

    private static func jobID(_ build: Build) -> String { "000001" + build.id.dropFirst(6) }

    /// Written as `[codersdk.ProvisionerJobLog]`.
    static let buildLog = """
        [{"id":1,"created_at":"{time}","log_source":"provisioner","log_level":"info","stage":"Starting workspace",\
        "output":"kubernetes_deployment.main: Creating..."},{"id":2,"created_at":"{time}","log_source":"provisioner",\
        "log_level":"info","stage":"Starting workspace",\
        "output":"Apply complete! Resources: 1 added, 0 changed, 0 destroyed."}]
        """

    /// Written as `[codersdk.WorkspaceAgentLog]`.
    static let agentLog = """
        [{"id":1,"created_at":"{time}","level":"info","output":"restarting the service","source_id":"\(sourceID)"},\
        {"id":2,"created_at":"{time}","level":"info","output":"the service is well","source_id":"\(sourceID)"}]
        """

    /// Written as `codersdk.WorkspaceBuildTimings`.
    static let timings = """
        {"provisioner_timings":[],"agent_script_timings":[{"started_at":"{time}","ended_at":"{time}","exit_code":0,\
        "stage":"start","status":"ok","display_name":"Startup Script","workspace_agent_id":"\(agentID)",\
        "workspace_agent_name":"main"}],"agent_connection_timings":[{"started_at":"{time}","ended_at":"{time}",\
        "stage":"connect","workspace_agent_id":"\(agentID)","workspace_agent_name":"main"}]}
        """

    /// Written as `[codersdk.WorkspaceBuildParameter]`.
    static let parameters = """
        [{"name":"incident_id","value":"{incident}"},{"name":"installation","value":"{installation}"}]
        """

    /// Written as `[codersdk.Template]`.
    static func templates(named name: String) -> String {
        """
        [{"id":"\(templateID)","created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z",\
        "organization_id":"\(organization)","organization_name":"coder","name":"\(name)","display_name":"",\
        "provisioner":"terraform","active_version_id":"\(versionID)","deprecated":false,"deprecation_message":"",\
        "default_ttl_ms":0,"allow_user_cancel_workspace_jobs":true,"require_active_version":false,\
        "use_classic_parameter_flow":false}]
        """
    }

    /// Written as `codersdk.User`.
    static let user = """
        {"id":"\(owner)","username":"admin","name":"Coder stub","email":"admin@example.com",\
        "created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z","status":"active",\
        "login_type":"token","organization_ids":["\(organization)"],"roles":[]}
        """

    static let buildInfo = """
        {"external_url":"","version":"v2.28.6+df47153","dashboard_url":"","telemetry":false,"workspace_proxy":false,\
        "agent_api_version":"1.0","provisioner_api_version":"1.10","upgrade_message":"","deployment_id":"\(owner)"}
        """

    /// No incident is known by more than its path.
    static let incident = """
        {"id":"incident","status":"open","notes":"","updated_by":null,"comment_count":0,\
        "created_at":"2025-01-01T00:00:00Z","updated_at":"2025-01-01T00:00:00Z"}
        """
    static let comments = #"{"comments":[],"count":0}"#
    static let comment = #"{"id":"comment-1","created_at":"2025-01-01T00:00:00Z"}"#

    /// Written as `codersdk.Response`.
    static func error(_ message: String) -> String { #"{"message":"\#(message)"}"# }
}
