#include <memory>
#include <string>

#include "services/common/status/status_macros.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/duration_flag.h"
#include "tools/u2fi/redis_admin.h"
#include "tools/u2fi/redis_backup.h"
#include "tools/u2fi/redis_restore.h"
#include "tools/u2fi/store_backup.h"

namespace u2fi::cli {
namespace {

struct Flags {
  // A file, or where a Redis is.
  std::string store;
  std::string file;
  std::string wait;
  bool replace = false;
  RedisAccess redis;
  std::string listen;
};

absl::Status BackUp(const Flags& flags, Output& output) {
  absl::Duration patience = absl::Minutes(1);
  RETURN_IF_ERROR(ParseDurationFlag("--wait", flags.wait, &patience));
  if (!IsRedisUrl(flags.store)) {
    return BackUpStore(flags.store, flags.file, patience, output);
  }
  RedisAccess access = flags.redis;
  access.url = flags.store;
  ASSIGN_OR_RETURN(const store::RedisOptions options, ToOptions(access));
  return BackUpRedis(options, flags.file, patience, output);
}

absl::Status Restore(const Flags& flags, RandomSource& random, Output& output) {
  RedisRestore restore;
  RETURN_IF_ERROR(ParseDurationFlag("--wait", flags.wait, &restore.patience));
  if (!IsRedisUrl(flags.store)) {
    return RestoreStore(flags.file, flags.store, flags.replace, output);
  }
  RedisAccess access = flags.redis;
  access.url = flags.store;
  ASSIGN_OR_RETURN(restore.options, ToOptions(access));
  restore.file = flags.file;
  restore.replace = flags.replace;
  restore.listen = flags.listen;
  return RestoreRedis(restore, random, output);
}

void AddRedisFlags(CLI::App& command, Flags& flags) {
  command.add_option("--wait", flags.wait,
                     "for the service, or each silence of the server (60s)");
  RedisAccess& redis = flags.redis;
  command.add_option("--user", redis.user, "ACL user of Redis");
  command
      .add_option("--password-file", redis.password_file,
                  "the file with its password")
      ->envname("U2FI_REDIS_PASSWORD_FILE");
  command.add_option("--ca", redis.ca_file, "rediss: the server's CA, PEM");
  command.add_option("--cert", redis.cert_file,
                     "rediss: our certificate, if the server asks for one");
  command.add_option("--key", redis.key_file, "rediss: its key");
  command.add_option("--server-name", redis.server_name,
                     "rediss: what the server's certificate names (HOST)");
}

void AddBackup(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* backup = app.add_subcommand(
      "backup", "copy the store of services, which may go on");
  backup->fallthrough();
  backup
      ->add_option("STORE", flags->store,
                   "SQLite's file, redis://HOST:PORT or rediss://HOST:PORT")
      ->required();
  backup->add_option("FILE", flags->file, "the copy, which is new")->required();
  AddRedisFlags(*backup, *flags);
  backup->callback([&context, flags] {
    context.offline = [flags](Output& output) {
      return BackUp(*flags, output);
    };
  });
}

void AddRestore(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* restore = app.add_subcommand(
      "restore", "put a copy where the store of stopped services is");
  restore->fallthrough();
  restore->add_option("FILE", flags->file, "what `backup` made")->required();
  restore
      ->add_option("STORE", flags->store,
                   "SQLite's file, or the URL of a running Redis")
      ->required();
  restore->add_flag("--replace", flags->replace,
                    "keep what is there as STORE.before-restore "
                    "(Redis: FILE.before-restore)");
  restore->add_option("--listen", flags->listen,
                      "Redis: HOST or HOST:PORT here that the server reaches "
                      "(ours as it sees us)");
  AddRedisFlags(*restore, *flags);
  restore->callback([&context, flags] {
    context.offline = [&context, flags](Output& output) {
      return Restore(*flags, context.around.random, output);
    };
  });
}

}  // namespace

void AddStoreCommands(CLI::App& app, Context& context) {
  AddBackup(app, context);
  AddRestore(app, context);
}

}  // namespace u2fi::cli
