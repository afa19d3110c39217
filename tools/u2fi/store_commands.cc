#include <memory>
#include <string>

#include "services/common/status/status_macros.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/duration_flag.h"
#include "tools/u2fi/store_backup.h"

namespace u2fi::cli {
namespace {

struct Flags {
  std::string store;
  std::string file;
  std::string wait;
  bool replace = false;
};

absl::Status BackUp(const Flags& flags, Output& output) {
  absl::Duration patience = absl::Minutes(1);
  RETURN_IF_ERROR(ParseDurationFlag("--wait", flags.wait, &patience));
  return BackUpStore(flags.store, flags.file, patience, output);
}

}  // namespace

void AddStoreCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* backup = app.add_subcommand(
      "backup", "copy the SQLite store of a service, which may go on");
  backup->fallthrough();
  backup->add_option("STORE", flags->store, "its file")->required();
  backup->add_option("FILE", flags->file, "the copy, which is new")->required();
  backup->add_option("--wait", flags->wait, "for the service (60s)");
  backup->callback([&context, flags] {
    context.offline = [flags](Output& output) {
      return BackUp(*flags, output);
    };
  });
  CLI::App* restore = app.add_subcommand(
      "restore", "put a copy where the store of a stopped service is");
  restore->fallthrough();
  restore->add_option("FILE", flags->file, "what `backup` made")->required();
  restore->add_option("STORE", flags->store, "the store's file")->required();
  restore->add_flag("--replace", flags->replace,
                    "keep a store that is there as STORE.before-restore");
  restore->callback([&context, flags] {
    context.offline = [flags](Output& output) {
      return RestoreStore(flags->file, flags->store, flags->replace, output);
    };
  });
}

}  // namespace u2fi::cli
