-- What a team's displays show.

-- name: boards(limit)
-- The open alerts of each team that has a display, and of those below it; the urgent ones first.
-- A row without an alert for a team that has none.
with recursive shown as (
    select distinct team_id as board, team_id as id from device
    where kind = 'display' and removed_at is null and team_id is not null
    union
    select shown.board, t.id from team t join shown on t.parent_id = shown.id
), ranked as (
    select s.board, a.id, a.kind, a.priority, a.state, a.since, a.deadline, a.responsible,
           p.name as taken_by, p.username, r.id as resident, r.name, r.consents, d.place,
           row_number() over (partition by s.board order by
               array_position(array['high', 'medium', 'low'], a.priority), a.raised_at, a.id) as place_in,
           count(a.id) over (partition by s.board) as many
    from shown s
    left join alert a on a.team_id = s.id and a.state <> 'resolved'
    left join account p on p.id = a.accepted_by
    left join resident r on r.id = a.resident_id
    left join device d on d.id = a.device_id
    where a.id is not null or s.id = s.board
)
select * from ranked where place_in <= :limit order by board, place_in;
