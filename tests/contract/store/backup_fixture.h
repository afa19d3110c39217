#ifndef U2FI_TESTS_CONTRACT_STORE_BACKUP_FIXTURE_H_
#define U2FI_TESTS_CONTRACT_STORE_BACKUP_FIXTURE_H_

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/contract/store/redis_fixture.h"
#include "tools/u2fi/redis_admin.h"
#include "tools/u2fi/redis_backup.h"
#include "tools/u2fi/redis_restore.h"

namespace u2fi::store {

// For backups of real servers, over TCP as the command line asks for them.
class BackupFixture : public RedisFixture {
 protected:
  std::string file() const { return folder_.Join("backup.rdb"); }

  RedisOptions OptionsFor(const RedisServer& server) {
    cli::RedisAccess access = access_;
    access.url = absl::StrCat("redis://127.0.0.1:", server.port());
    return cli::ToOptions(access).value();
  }
  absl::Status BackUp(const RedisServer& server) {
    return cli::BackUpRedis(OptionsFor(server), file(), patience_, output_);
  }
  absl::Status Restore(const RedisServer& server, bool replace = false) {
    return RestoreFile(server, file(), replace);
  }
  absl::Status RestoreFile(const RedisServer& server, const std::string& file,
                           bool replace) {
    return cli::RestoreRedis({file, OptionsFor(server), replace, "", patience_},
                             SystemRandom(), output_);
  }
  // Its epoch.
  static std::string Replid(RedisServer& server) {
    return cli::InfoField(ParseInfo(server.Run({"INFO", "replication"})),
                          "master_replid");
  }

  TempDir folder_;
  // Its URL is that of the server that is meant.
  cli::RedisAccess access_;
  absl::Duration patience_ = absl::Seconds(30);
  std::ostringstream said_;
  cli::Output output_{said_, false};
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_BACKUP_FIXTURE_H_
