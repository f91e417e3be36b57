package exchange

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/evenkeel/evenkeel/internal/contract"
)

// projectDirectory replaces the directory: the body without its secrets, the tables
// that other processes read, and the secrets sealed.
func projectDirectory(ctx context.Context, tx pgx.Tx, d contract.Directory, revision contract.Revision, sealer Sealer) error {
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO ek.directory (revision, digest, body) VALUES ($1, $2, $3)
		ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, digest = excluded.digest, body = excluded.body, applied_at = clock_timestamp()`,
		revision.Revision, revision.Digest, withoutSecrets(d))
	queueSchools(b, d.Schools)
	queueStaff(b, d.Staff)
	queueTransports(b, d.Transports)
	queueChannels(b, d.Channels)
	queueSecrets(b, d, sealer)
	return tx.SendBatch(ctx, b).Close()
}

func withoutSecrets(d contract.Directory) contract.Directory {
	d.Transports, d.Channels = slices.Clone(d.Transports), slices.Clone(d.Channels)
	for i := range d.Transports {
		d.Transports[i].SendSecret, d.Transports[i].ReceiptSecret = nil, nil
	}
	for i := range d.Channels {
		d.Channels[i].SendSecret, d.Channels[i].ReceiveSecret = nil, nil
	}
	return d
}

// queueSchools keeps schools that are gone, since students belong to them.
func queueSchools(b *pgx.Batch, schools []contract.SchoolInfo) {
	kept := []string{}
	for _, s := range schools {
		kept = append(kept, s.Name)
		stages := s.Stages
		if stages == nil {
			stages = []string{}
		}
		b.Queue(`INSERT INTO ek.school (name, title_zh, title_en, area, stages, phone) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (name) DO UPDATE SET title_zh = excluded.title_zh, title_en = excluded.title_en, area = excluded.area,
				stages = excluded.stages, phone = excluded.phone, active = true`,
			s.Name, s.Title.ZhCN, s.Title.En, s.Area, stages, s.Phone)
	}
	b.Queue("UPDATE ek.school SET active = false WHERE active AND name <> ALL ($1)", kept)
}

func queueStaff(b *pgx.Batch, staff []contract.StaffGroup) {
	b.Queue("DELETE FROM ek.staff_group")
	for _, s := range staff {
		b.Queue("INSERT INTO ek.staff_group (group_name, role, school, area) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			s.Group, string(s.Role), s.School, s.Area)
	}
}

// queueTransports forgets what a probe found when the address changes.
func queueTransports(b *pgx.Batch, transports []contract.Transport) {
	kept := []string{}
	for _, t := range transports {
		kept = append(kept, t.Name)
		b.Queue(`INSERT INTO ek.transport AS t (name, url) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET url = excluded.url, active = true,
				reach = CASE WHEN t.url = excluded.url THEN t.reach ELSE 'Unknown' END,
				probed_at = CASE WHEN t.url = excluded.url THEN t.probed_at END`, t.Name, t.URL)
	}
	b.Queue("UPDATE ek.transport SET active = false WHERE active AND name <> ALL ($1)", kept)
}

func queueChannels(b *pgx.Batch, channels []contract.Channel) {
	kept := []string{}
	for _, c := range channels {
		kept = append(kept, c.Name)
		b.Queue(`INSERT INTO ek.channel AS c (name, facility_code, class, valid_from, valid_until, weekly_capacity, url, duty_phone)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (name) DO UPDATE SET facility_code = excluded.facility_code, class = excluded.class, valid_from = excluded.valid_from,
				valid_until = excluded.valid_until, weekly_capacity = excluded.weekly_capacity, url = excluded.url,
				duty_phone = excluded.duty_phone, active = true,
				reach = CASE WHEN c.url = excluded.url THEN c.reach ELSE 'Unknown' END,
				probed_at = CASE WHEN c.url = excluded.url THEN c.probed_at END`,
			c.Name, c.FacilityCode, c.Class, c.ValidFrom, c.ValidUntil, c.WeeklyCapacity, c.URL, c.DutyPhone)
	}
	b.Queue("UPDATE ek.channel SET active = false WHERE active AND name <> ALL ($1)", kept)
}

func queueSecrets(b *pgx.Batch, d contract.Directory, sealer Sealer) {
	b.Queue("DELETE FROM ek.secret")
	put := func(kind, name string, secret []byte) {
		b.Queue("INSERT INTO ek.secret (kind, name, sealed) VALUES ($1, $2, $3)", kind, name, sealer.SealSecret(kind, name, secret))
	}
	for _, t := range d.Transports {
		put(TransportSend, t.Name, t.SendSecret)
		put(TransportReceipt, t.Name, t.ReceiptSecret)
	}
	for _, c := range d.Channels {
		put(ChannelSend, c.Name, c.SendSecret)
		put(ChannelReceive, c.Name, c.ReceiveSecret)
	}
}
