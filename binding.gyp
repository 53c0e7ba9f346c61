{
  "variables": {
    "posix_fallback%": 0,
    "warnings_are_errors%": 0,
    # Some distributions have the static C library in a package of its own.
    "links_static%": "<!(echo 'int main(void){return 0;}' | ${CC:-cc} -static -x c -o /dev/null - 2>/dev/null && echo 1 || echo 0)"
  },
  "targets": [
    {
      "target_name": "tdaemon",
      "sources": [
        "native/addon.cc",
        "native/marshal.cc",
        "native/spawn_exports.cc",
        "native/spawn.cc",
        "native/spawn_channel.cc",
        "native/spawn_child.cc",
        "native/publish_pidfile.cc",
        "native/open_target.cc",
        "native/os_common.cc",
        "native/exec_in_place.cc",
        "native/trusted_directory.cc",
        "native/pidfile.cc",
        "native/pidfd.cc",
        "native/watch.cc",
        "native/notify_socket.cc",
        "native/descriptors.cc",
        "native/accounts.cc",
        "native/limits.cc",
        "native/raw_arguments.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++20", "-fno-exceptions", "-fno-rtti"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "conditions": [
        ["OS=='linux' and posix_fallback==0", { "sources": ["native/os_linux.cc", "native/os_linux_parent.cc"] }],
        ["OS!='linux' or posix_fallback==1", { "sources": ["native/os_posix.cc"] }],
        # Not for users: a newer compiler may warn of more. Other people's headers are not ours to judge.
        ["warnings_are_errors==1", {
          "cflags": [
            "-Werror", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wformat=2", "-Wcast-qual", "-Wcast-align",
            "-Wnull-dereference", "-Wlogical-op", "-Wduplicated-cond", "-Wduplicated-branches", "-Wvla",
            "-Wpointer-arith", "-Wswitch-enum", "-Wmissing-declarations", "-Wredundant-decls",
            "-isystem", "<(node_root_dir)/include/node",
            "-isystem", "<!(node -p \"require('path').resolve(require('node-addon-api').include_dir)\")"
          ],
          "cflags_cc": ["-Wnon-virtual-dtor", "-Wextra-semi"]
        }],
        ["OS=='mac'", {
          "xcode_settings": {
            "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
            "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
            "GCC_ENABLE_CPP_RTTI": "NO",
            "MACOSX_DEPLOYMENT_TARGET": "12.0",
            "OTHER_CFLAGS": ["-Wall", "-Wextra"]
          }
        }]
      ]
    }
  ],
  "conditions": [
    ["OS=='linux'", {
      "targets": [
        {
          "target_name": "tdaemon-keeper",
          "type": "executable",
          "sources": [
            "native/keeper/main.c",
            "native/keeper/words.c",
            "native/keeper/keeper.c",
            "native/keeper/keeper_backoff.c",
            "native/keeper/keeper_children.c",
            "native/keeper/keeper_commands.c",
            "native/keeper/keeper_exits.c",
            "native/keeper/keeper_held.c",
            "native/keeper/keeper_link.c",
            "native/keeper/keeper_logger.c",
            "native/keeper/keeper_notify.c",
            "native/keeper/keeper_setup.c",
            "native/keeper/keeper_signals.c",
            "native/keeper/keeper_supervisor.c",
            "native/keeper/keeper_tell.c",
            "native/keeper/logger.c",
            "native/keeper/logger_attach.c",
            "native/keeper/logger_channel.c",
            "native/keeper/logger_clock.c",
            "native/keeper/logger_commands.c",
            "native/keeper/logger_connections.c",
            "native/keeper/logger_cut.c",
            "native/keeper/logger_mounts.c",
            "native/keeper/logger_output.c",
            "native/keeper/logger_place.c",
            "native/keeper/logger_reports.c",
            "native/keeper/logger_rotate.c",
            "native/keeper/logger_stall.c",
            "native/keeper/logger_table.c",
            "native/keeper/logger_text.c",
            "native/keeper/logger_worker.c",
            "native/keeper/logger_workers.c"
          ],
          "defines": ["_GNU_SOURCE"],
          # As a macro this is a subtraction, which clang-tidy does not like; add-ons are named by it.
          "defines!": ["NODE_GYP_MODULE_NAME=tdaemon-keeper"],
          "cflags": ["-std=c17", "-Wall", "-Wextra", "-Os", "-ffunction-sections", "-fdata-sections"],
          "cflags!": ["-O3", "-fPIC"],
          "ldflags": ["-Wl,--gc-sections", "-s", "-pthread"],
          "ldflags!": ["-rdynamic"],
          "conditions": [
            ["links_static==1", { "ldflags": ["-static"] }],
            ["warnings_are_errors==1", {
              "cflags": [
                "-Werror", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wformat=2", "-Wcast-qual", "-Wcast-align",
                "-Wnull-dereference", "-Wlogical-op", "-Wduplicated-cond", "-Wduplicated-branches", "-Wvla",
                "-Wpointer-arith", "-Wswitch-enum", "-Wmissing-declarations", "-Wredundant-decls",
                "-Wstrict-prototypes", "-Wmissing-prototypes"
              ]
            }]
          ]
        }
      ]
    }]
  ]
}
